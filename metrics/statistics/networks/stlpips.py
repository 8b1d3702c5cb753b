"""ST-LPIPS: features of an AlexNet without large strides, weighted by what people found similar.

Ghildyal and Liu, "Shift-tolerant perceptual similarity metric", ECCV 2022: the first convolution
has a stride of 1; where AlexNet takes every second value, values are first blurred (Zhang, "Making
convolutional networks shift-invariant again", ICML 2019), with two reflected pixels at each border.
Features are scaled to length 1 at each place, and channels have learned weights (LPIPS; Zhang et
al., CVPR 2018).
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import conv2d, max_pool2d, pad, relu

from common.installed_weights import STLPIPS
from metrics.statistics.networks.base import InstalledNetwork, read_tensors

_CONVOLUTIONS = {
    "relu1": ("net.slice1.0", (64, 3, 11, 11), 2),
    "relu2": ("net.slice2.5", (192, 64, 5, 5), 2),
    "relu3": ("net.slice3.9", (384, 192, 3, 3), 1),
    "relu4": ("net.slice4.11", (256, 384, 3, 3), 1),
    "relu5": ("net.slice5.13", (256, 256, 3, 3), 1),
}
"""Layer → name in the file, shape, zeros at the border."""
# LPIPS' own convention, for RGB in [-1, 1].
_MEAN, _DEVIATION = (-0.030, -0.088, -0.188), (0.458, 0.448, 0.450)
_EPSILON = 1e-10  # added to lengths


class StLpips(InstalledNetwork):
    """Features whose squared distances are ST-LPIPS: of length 1, times the root of the weights."""

    weights = STLPIPS
    widths = {layer: shape[0] for layer, (_, shape, _) in _CONVOLUTIONS.items()}
    smallest = 21

    def __init__(self) -> None:
        """Read the weights.

        Raises:
            MachineError: they are not installed.
            WeightsError: they are damaged.

        """
        super().__init__()
        shapes: dict[str, tuple[int, ...]] = {}
        for number, (name, shape, _) in enumerate(_CONVOLUTIONS.values()):
            shapes[f"{name}.weight"], shapes[f"{name}.bias"] = shape, shape[:1]
            shapes[f"lin{number}.model.1.weight"] = (1, shape[0], 1, 1)
        self.take(read_tensors(self.weights.path()), shapes)
        for name, values in (("mean", _MEAN), ("deviation", _DEVIATION)):
            self.register_buffer(name, torch.tensor(values).reshape(1, 3, 1, 1))
        row = torch.tensor([1.0, 2, 1]) / 4
        self.register_buffer("blur", row[:, None] * row)

    def features(self, image: Tensor) -> dict[str, Tensor]:
        """Weighted features of length 1."""
        x = (2 * image - 1 - self.get_buffer("mean")) / self.get_buffer("deviation")
        found = {}
        for number, (layer, (name, _, border)) in enumerate(_CONVOLUTIONS.items()):
            if layer in ("relu2", "relu3"):
                x = self._halved(max_pool2d(x, 3, stride=1))
            x = conv2d(x, self.kept(f"{name}.weight"), self.kept(f"{name}.bias"), padding=border)
            if layer == "relu1":
                x = self._halved(x)
            x = relu(x)
            unit = x / (x.square().sum(1, keepdim=True).sqrt() + _EPSILON)
            # The file's weights are not negative: they were trained so.
            found[layer] = unit * self.kept(f"lin{number}.model.1.weight").sqrt()
        return found

    def _halved(self, x: Tensor) -> Tensor:
        channels = x.shape[1]
        kernel = self.get_buffer("blur").expand(channels, 1, 3, 3)
        return conv2d(pad(x, (2,) * 4, mode="reflect"), kernel, stride=2, groups=channels)
