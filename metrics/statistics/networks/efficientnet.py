"""EfficientNet-Lite0, a small classifier of photographs (ImageNet), up to its last features.

Tan and Le, "EfficientNet", ICML 2019, table 1; "Lite" is without squeeze-and-excitation and with
ReLU6 (R. Liu, "Higher accuracy on vision models with EfficientNet-Lite", TensorFlow blog, 2020).
Inverted residual blocks are those of MobileNetV2 (Sandler et al., CVPR 2018).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from torch import Tensor
from torch.nn.functional import batch_norm, conv2d, pad, relu6

from common.installed_weights import EFFICIENTNET
from metrics.statistics.networks.base import InstalledNetwork, read_tensors

_STEM, _HEAD, _CLASSES = 32, 1280, 1000
# Repeats, kernel, stride of the first, expansion, channels (table 1 of the paper).
_STAGES = (
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)
_NORM = ("running_mean", "running_var", "weight", "bias")
_EPSILON = 1e-3  # of batch normalisation
_MEAN, _DEVIATION = 127.0, 128.0  # of 0 … 255, as in the implementation of its authors


@dataclass(frozen=True)
class _Block:
    name: str
    kernel: int
    stride: int
    before: int
    inner: int
    after: int


def _blocks() -> Iterator[_Block]:
    before, number = _STEM, 0
    for repeats, kernel, stride, expansion, after in _STAGES:
        for repeat in range(repeats):
            step = stride if repeat == 0 else 1
            yield _Block(f"_blocks.{number}", kernel, step, before, before * expansion, after)
            before, number = after, number + 1


class EfficientNetLite0(InstalledNetwork):
    """The 1280 features before the classifier, averaged over the picture."""

    weights = EFFICIENTNET
    widths = {"pooled": _HEAD}

    def __init__(self) -> None:
        """Read the weights.

        Raises:
            MachineError: they are not installed.
            WeightsError: they are damaged.

        """
        super().__init__()
        self.take(read_tensors(self.weights.path()), _shapes())

    def features(self, image: Tensor) -> dict[str, Tensor]:
        """Averaged features, (B, 1280, 1, 1); none is negative."""
        x = (255 * image - _MEAN) / _DEVIATION
        x = relu6(self._layer("_conv_stem", "_bn0", x, stride=2))
        for block in _blocks():
            x = self._block(block, x)
        x = relu6(self._layer("_conv_head", "_bn1", x))
        return {"pooled": x.mean((2, 3), keepdim=True)}

    def classes(self, image: Tensor) -> Tensor:
        """The scores (B, 1000) of ImageNet's classes before the softmax."""
        pooled = self.features(image)["pooled"].flatten(1)
        return pooled @ self.kept("_fc.weight").T + self.kept("_fc.bias")

    def _block(self, block: _Block, before: Tensor) -> Tensor:
        x, at = before, block.name
        if block.inner != block.before:
            x = relu6(self._layer(f"{at}._expand_conv", f"{at}._bn0", x))
        x = self._layer(
            f"{at}._depthwise_conv", f"{at}._bn1", x, stride=block.stride, groups=block.inner
        )
        x = self._layer(f"{at}._project_conv", f"{at}._bn2", relu6(x))
        return x + before if block.stride == 1 and block.before == block.after else x

    def _layer(
        self, convolution: str, norm: str, x: Tensor, *, stride: int = 1, groups: int = 1
    ) -> Tensor:
        weight = self.kept(f"{convolution}.weight")
        x = conv2d(_same(x, weight.shape[-1], stride), weight, stride=stride, groups=groups)
        mean, variance, scale, shift = (self.kept(f"{norm}.{part}") for part in _NORM)
        return batch_norm(x, mean, variance, scale, shift, eps=_EPSILON)


def _same(x: Tensor, kernel: int, stride: int) -> Tensor:
    """Zeros at the border, as TensorFlow's SAME: the odd one is at the right and at the bottom."""
    missing = [max((-(-side // stride) - 1) * stride + kernel - side, 0) for side in x.shape[2:]]
    (top, bottom), (left, right) = ((m // 2, m - m // 2) for m in missing)
    return pad(x, (left, right, top, bottom))


def _shapes() -> dict[str, tuple[int, ...]]:
    found: dict[str, tuple[int, ...]] = {"_fc.weight": (_CLASSES, _HEAD), "_fc.bias": (_CLASSES,)}

    def layer(convolution: str, norm: str, shape: tuple[int, ...]) -> None:
        found[f"{convolution}.weight"] = shape
        for part in _NORM:
            found[f"{norm}.{part}"] = shape[:1]

    layer("_conv_stem", "_bn0", (_STEM, 3, 3, 3))
    for block in _blocks():
        at, k = block.name, block.kernel
        if block.inner != block.before:
            layer(f"{at}._expand_conv", f"{at}._bn0", (block.inner, block.before, 1, 1))
        layer(f"{at}._depthwise_conv", f"{at}._bn1", (block.inner, 1, k, k))
        layer(f"{at}._project_conv", f"{at}._bn2", (block.after, block.inner, 1, 1))
    layer("_conv_head", "_bn1", (_HEAD, _STAGES[-1][-1], 1, 1))
    return found
