"""The declaration of `cfsd`, the content feature structural distance."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metrics.statistics.comparison import FeatureStatistic

if TYPE_CHECKING:
    from metrics.statistics.comparison import FeatureFormula

_LAYER = "relu3_1"


class Cfsd(FeatureStatistic):
    """Divergence from the content of which places resemble each other."""

    key = "cfsd"
    title = "content feature structural distance (StyleID)"
    source = "Chung et al. 2024, section 4.1; the mean over places"
    names = ("cfsd",)
    reference = "content"
    higher_is_better = False
    lowest = 0.0
    layers = (_LAYER,)
    largest = 256  # the time grows with the fourth power of the side: at 512 it is ten seconds

    @classmethod
    def formula(cls) -> FeatureFormula:
        """See formulas/cfsd.py."""
        from metrics.statistics.formulas.cfsd import cfsd  # torch

        return lambda stimulus, content: {cls.key: cfsd(stimulus[_LAYER], content[_LAYER])}
