"""The declaration of `stlpips`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from common.installed_weights import STLPIPS
from metrics.statistics.comparison import NetworkStatistic

if TYPE_CHECKING:
    from metrics.statistics.comparison import FeatureFormula
    from metrics.statistics.networks.base import InstalledNetwork


class ShiftTolerantLpips(NetworkStatistic):
    """Perceptual distance from the content, trained on people's choices between distortions."""

    key = "stlpips"
    title = "perceptual distance that small shifts do not change (ST-LPIPS)"
    source = "Ghildyal & Liu 2022; weights of the package stlpips_pytorch, AlexNet"
    names = ("stlpips",)
    reference = "content"
    higher_is_better = False
    lowest = 0.0
    # Two features of length 1 that are not negative differ by √2 at most; the greatest weights of
    # the five layers add up to 1.342.
    highest = 2.69
    layers = ("relu1", "relu2", "relu3", "relu4", "relu5")
    weights = STLPIPS

    @classmethod
    def formula(cls) -> FeatureFormula:
        """See formulas/feature_distance.py."""
        from metrics.statistics.formulas.feature_distance import weighted_distance  # torch

        return lambda stimulus, content: {cls.key: weighted_distance(stimulus, content)}

    @classmethod
    def network(cls) -> type[InstalledNetwork]:
        """See networks/stlpips.py."""
        from metrics.statistics.networks.stlpips import StLpips  # torch

        return StLpips
