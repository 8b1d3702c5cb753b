"""The VGG-19 layout as names and numbers, without torch, for forms and commands.

Source: Simonyan & Zisserman 2015, table 1, configuration E, up to conv5_1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from common.lookup import check_name

Pooling = Literal["max", "avg"]
Padding = Literal["zero", "reflect", "replicate"]

CONVOLUTIONS = (
    "conv1_1", "conv1_2",
    "conv2_1", "conv2_2",
    "conv3_1", "conv3_2", "conv3_3", "conv3_4",
    "conv4_1", "conv4_2", "conv4_3", "conv4_4",
    "conv5_1",
)  # fmt: skip
LAYERS = tuple(name.replace("conv", "relu") for name in CONVOLUTIONS)
STYLE_LAYERS = ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1")
"""The paper's R11, R21, R31, R41 and R51."""
POOLED_BEFORE = frozenset({"conv2_1", "conv3_1", "conv4_1", "conv5_1"})
VGG19_WIDTHS = (64, 64, 128, 128, 256, 256, 256, 256, 512, 512, 512, 512, 512)
QUARTER_WIDTHS = tuple(width // 4 for width in VGG19_WIDTHS)


@dataclass(frozen=True)
class InputConvention:
    """What the first convolution expects, as a function of RGB in [0, 1].

    x = (colour-ordered RGB · scale − mean) / std, channel by channel in the network's own order.
    """

    order: Literal["RGB", "BGR"] = "RGB"
    scale: float = 1.0
    mean: tuple[float, float, float] = (0.0, 0.0, 0.0)
    std: tuple[float, float, float] = (1.0, 1.0, 1.0)


IMAGENET = InputConvention(mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225))
"""torchvision's normalisation (torchvision documentation, VGG19_Weights.IMAGENET1K_V1)."""
CAFFE = InputConvention(order="BGR", scale=255.0, mean=(103.939, 116.779, 123.68))
"""The original release: BGR, 0–255, minus the training set's mean colour."""
PLAIN = InputConvention()
"""RGB in [0, 1], unchanged; files with a `preprocess` 1×1 convolution bring their own map."""


def layers_up_to(deepest: str) -> tuple[str, ...]:
    """All layers from relu1_1 to `deepest`, which is included.

    Raises:
        InputError: `deepest` is not a layer of the layout.

    """
    check_name("layer", deepest, LAYERS)
    return LAYERS[: LAYERS.index(deepest) + 1]


def map_size(layer: str, height: int, width: int) -> tuple[int, int]:
    """Height and width of a layer's feature map: each pooling halves them, rounding down."""
    poolings = len(POOLED_BEFORE & {name.replace("relu", "conv") for name in layers_up_to(layer)})
    return height >> poolings, width >> poolings
