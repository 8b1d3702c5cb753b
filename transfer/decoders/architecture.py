"""Decoders: the mirror of an encoder, from the features of relu1_1 … relu5_1 back to a picture.

Source: Li et al. 2017 (WCT), section 3.1: the decoder is symmetric to the encoder, with an
upsampling where the encoder pools.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional

from common.errors import InputError
from transfer.decoders.registry import Upsampling
from transfer.encoders.layout import (
    CONVOLUTIONS,
    LAYERS,
    POOLED_BEFORE,
    STYLE_LAYERS,
    Padding,
    layers_up_to,
)

LEVELS = tuple(range(1, len(STYLE_LAYERS) + 1))
"""Level N is between the picture and reluN_1."""


def decoder_convolutions(level: int) -> tuple[str, ...]:
    """The names of a decoder's convolutions, from the features to the picture.

    Each has the name of the encoder's convolution that it mirrors.

    Raises:
        InputError: there is no such level.

    """
    if level not in LEVELS:
        raise InputError(f"there is no decoder of level {level}: use 1 to {LEVELS[-1]}")
    depth = len(layers_up_to(STYLE_LAYERS[level - 1]))
    return CONVOLUTIONS[:depth][::-1]


def random_decoder(widths: Mapping[str, int], level: int, *, seed: int = 0) -> dict[str, Tensor]:
    """He-initialised weights that mirror an encoder, for training and for tests of code.

    Args:
        widths: the encoder's channels by layer.
        level: which decoder.
        seed: decides the numbers.

    Source: He et al. 2015, equation 10 (fan-in, ReLU); biases zero.

    """
    generator = torch.Generator().manual_seed(seed)
    weights: dict[str, Tensor] = {}
    for name in decoder_convolutions(level):
        channels = widths[name.replace("conv", "relu")]
        index = CONVOLUTIONS.index(name)
        out = widths[LAYERS[index - 1]] if index else 3
        std = (2.0 / (9 * channels)) ** 0.5
        weights[f"{name}.weight"] = torch.randn(out, channels, 3, 3, generator=generator) * std
        weights[f"{name}.bias"] = torch.zeros(out)
    return weights


class Decoder(nn.Module):
    """Turns features of one layer into pictures.

    Attributes:
        level: N; the features are those of reluN_1.
        channels: how many channels they have.

    """

    def __init__(
        self,
        weights: Mapping[str, Tensor],
        level: int,
        *,
        padding: Padding = "reflect",
        upsampling: Upsampling = "nearest",
    ) -> None:
        """Build from weights named convB_I.weight (O, I, 3, 3) and convB_I.bias (O,).

        Args:
            weights: those of `decoder_convolutions(level)`, each with as many input channels as the
                one before has outputs.
            level: which decoder.
            padding: the values beyond the border.
            upsampling: how maps are enlarged where the encoder pools.

        """
        super().__init__()
        self.level = level
        self.padding, self.upsampling = padding, upsampling
        self.convolutions = nn.ModuleDict()
        for name in decoder_convolutions(level):
            weight = weights[f"{name}.weight"]
            module = nn.Conv2d(weight.shape[1], weight.shape[0], 3)
            module.weight = nn.Parameter(weight.detach().float().clone())
            module.bias = nn.Parameter(weights[f"{name}.bias"].detach().float().clone())
            self.convolutions[name] = module
        self.channels = int(weights[f"{decoder_convolutions(level)[0]}.weight"].shape[1])
        self.requires_grad_(False)
        self.eval()

    def forward(self, features: Tensor, size: tuple[int, int]) -> Tensor:
        """Pictures from features.

        Args:
            features: (N, C, H', W') as the encoder gives them at reluN_1.
            size: height and width of the pictures that they came from. Pooling rounds down, so the
                size does not follow from the features.

        Returns:
            (N, 3, *size), RGB, for the most part in [0, 1].

        """
        x = features
        for name, module in self.convolutions.items():
            assert isinstance(module, nn.Conv2d)
            x = functional.conv2d(self._pad(x), module.weight, module.bias)
            if name != "conv1_1":
                x = functional.relu(x)
            if name in POOLED_BEFORE:
                x = self._upsample(x, size, int(name[4]) - 2)
        return x

    def _upsample(self, x: Tensor, size: tuple[int, int], poolings: int) -> Tensor:
        """Enlarge maps to the size that the encoder's have after `poolings` poolings.

        Maps are doubled, and a last row or column that the pooling left out is repeated: another
        factor would shift them against the encoder's maps.
        """
        if self.upsampling == "nearest":
            x = functional.interpolate(x, scale_factor=2, mode="nearest")
        else:
            x = functional.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)
        below, right = (size[0] >> poolings) - x.shape[2], (size[1] >> poolings) - x.shape[3]
        if below or right:
            x = functional.pad(x, (0, right, 0, below), mode="replicate")
        return x

    def _pad(self, x: Tensor) -> Tensor:
        if self.padding == "zero":
            return functional.pad(x, (1, 1, 1, 1))
        if self.padding == "reflect" and min(x.shape[-2:]) < 2:
            # A one-pixel map cannot be reflected; its border is repeated instead.
            return functional.pad(x, (1, 1, 1, 1), mode="replicate")
        return functional.pad(x, (1, 1, 1, 1), mode=self.padding)
