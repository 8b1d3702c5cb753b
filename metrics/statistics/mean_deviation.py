"""The declaration of `mean-deviation`, AdaIN's style loss."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metrics.statistics.comparison import FeatureStatistic

if TYPE_CHECKING:
    from metrics.statistics.comparison import FeatureFormula


class MeanDeviation(FeatureStatistic):
    """Distance of channel means and deviations from those of the style."""

    key = "mean-deviation"
    title = "distance of channel means and deviations (AdaIN's style loss)"
    source = "Huang & Belongie 2017, equation 13"
    names = ("mean-deviation",)
    reference = "style"
    higher_is_better = False
    lowest = 0.0
    layers = ("relu1_1", "relu2_1", "relu3_1", "relu4_1")

    @classmethod
    def formula(cls) -> FeatureFormula:
        """See formulas/mean_deviation.py."""
        from metrics.statistics.formulas.mean_deviation import mean_deviation  # torch

        return lambda stimulus, style: {cls.key: mean_deviation(stimulus, style)}
