"""The declaration of `sifid`, the Fréchet distance of early features."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metrics.statistics.comparison import FeatureStatistic

if TYPE_CHECKING:
    from metrics.statistics.comparison import FeatureFormula

_LAYER = "relu2_2"
"""The last before VGG-19's second pooling."""


class Sifid(FeatureStatistic):
    """Fréchet distance of early features from those of the style."""

    key = "sifid"
    title = "Fréchet distance of early features (SIFID's form)"
    source = "Shaham et al. 2019, section 4; here by VGG-19's layout"
    names = ("sifid",)
    reference = "style"
    higher_is_better = False
    lowest = 0.0
    layers = (_LAYER,)

    @classmethod
    def formula(cls) -> FeatureFormula:
        """See formulas/frechet.py."""
        from metrics.statistics.formulas.frechet import frechet  # torch

        return lambda stimulus, style: {cls.key: frechet(stimulus[_LAYER], style[_LAYER])}
