"""The declaration of `feature-distance`, LPIPS' form with weights 1."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metrics.statistics.comparison import FeatureStatistic

if TYPE_CHECKING:
    from metrics.statistics.comparison import FeatureFormula


class FeatureDistance(FeatureStatistic):
    """Distance of features from those of the content, place by place."""

    key = "feature-distance"
    title = "distance of features, place by place (LPIPS' form, weights 1)"
    source = "Zhang et al. 2018, equation 1 with w = 1"
    names = ("feature-distance",)
    reference = "content"
    higher_is_better = False
    lowest = 0.0
    highest = 10.0
    # The ends of VGG's blocks, as LPIPS takes them, as far as our layout reaches.
    layers = ("relu1_2", "relu2_2", "relu3_4", "relu4_4", "relu5_1")

    @classmethod
    def formula(cls) -> FeatureFormula:
        """See formulas/feature_distance.py."""
        from metrics.statistics.formulas.feature_distance import feature_distance  # torch

        return lambda stimulus, content: {cls.key: feature_distance(stimulus, content)}
