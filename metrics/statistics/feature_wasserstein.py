"""The declaration of `feature-swd`, the sliced Wasserstein distance of features."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metrics.statistics.comparison import FeatureStatistic
from transfer.encoders.layout import STYLE_LAYERS

if TYPE_CHECKING:
    from metrics.statistics.comparison import FeatureFormula


class FeatureWasserstein(FeatureStatistic):
    """Sliced Wasserstein distance of features from those of the style, summed over layers."""

    key = "feature-swd"
    title = "sliced Wasserstein distance of features"
    source = "Heitz et al. 2021, equation 4; as many directions as channels"
    names = ("feature-swd",)
    reference = "style"
    higher_is_better = False
    lowest = 0.0
    layers = STYLE_LAYERS

    @classmethod
    def formula(cls) -> FeatureFormula:
        """See formulas/sliced_wasserstein.py."""
        from metrics.statistics.formulas.sliced_wasserstein import feature_wasserstein  # torch

        return lambda stimulus, style: {cls.key: feature_wasserstein(stimulus, style)}
