"""The VGG-19 layout up to relu5_1: thirteen 3×3 convolutions at any width, built as deep as needed.

Source: Simonyan & Zisserman 2015, table 1, configuration E; the widths are those of the weights.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from common.errors import InputError
from transfer.encoders.layout import (
    CAFFE,
    CONVOLUTIONS,
    IMAGENET,
    LAYERS,
    PLAIN,
    POOLED_BEFORE,
    QUARTER_WIDTHS,
    STYLE_LAYERS,
    InputConvention,
    Padding,
    Pooling,
    layers_up_to,
)

__all__ = [
    "CAFFE",
    "IMAGENET",
    "LAYERS",
    "PLAIN",
    "QUARTER_WIDTHS",
    "STYLE_LAYERS",
    "Encoder",
    "InputConvention",
    "Weights",
    "depth_of",
    "layers_up_to",
    "random_weights",
]

Weights = Mapping[str, Tensor]


def depth_of(weights: Weights) -> str:
    """The deepest layer that `weights` reach without a gap.

    Raises:
        InputError: not even conv1_1 is there.

    """
    deepest = None
    for convolution, layer in zip(CONVOLUTIONS, LAYERS, strict=True):
        if f"{convolution}.weight" not in weights or f"{convolution}.bias" not in weights:
            break
        deepest = layer
    if deepest is None:
        raise InputError("the weights hold no convolution named conv1_1: not a VGG-19 layout")
    return deepest


def random_weights(
    widths: Sequence[int], deepest: str = "relu5_1", *, seed: int = 0
) -> dict[str, Tensor]:
    """He-initialised weights of the layout, for training and for tests of code.

    Source: He et al. 2015, equation 10 (fan-in, ReLU); biases zero.
    """
    generator = torch.Generator().manual_seed(seed)
    weights: dict[str, Tensor] = {}
    channels = 3
    for layer, width in zip(layers_up_to(deepest), widths, strict=False):
        name = layer.replace("relu", "conv")
        std = (2.0 / (9 * channels)) ** 0.5
        weights[f"{name}.weight"] = torch.randn(width, channels, 3, 3, generator=generator) * std
        weights[f"{name}.bias"] = torch.zeros(width)
        channels = width
    return weights


def _as_convolution(convention: InputConvention) -> tuple[Tensor, Tensor]:
    """The input convention as a 1×1 convolution: weight (3, 3, 1, 1) and bias (3,)."""
    colours = torch.eye(3) if convention.order == "RGB" else torch.eye(3).flip(0)
    std = torch.tensor(convention.std)
    weight = colours * convention.scale / std[:, None]
    return weight[:, :, None, None].contiguous(), -torch.tensor(convention.mean) / std


class Encoder(nn.Module):
    """A network of the VGG-19 layout that computes the features of named layers.

    Attributes:
        name: the registry's name, such as `compact`.
        fingerprint: hash of architecture, weights and input convention (see `fingerprint.py`).
        deepest: the deepest layer that is built.
        widths: number of channels of every built layer.

    """

    def __init__(
        self,
        weights: Weights,
        *,
        name: str,
        fingerprint: str = "",
        convention: InputConvention = PLAIN,
        pooling: Pooling = "max",
        padding: Padding = "zero",
        deepest: str | None = None,
    ) -> None:
        """Build from weights named conv1_1.weight (O, I, 3, 3), conv1_1.bias (O,) and so on.

        Raises:
            InputError: `deepest` is not a layer, or is deeper than the weights reach.

        """
        super().__init__()
        reached = depth_of(weights)
        self.name, self.fingerprint = name, fingerprint
        self.pooling, self.padding, self.convention = pooling, padding, convention
        self.deepest = deepest or reached
        if LAYERS.index(layers_up_to(self.deepest)[-1]) > LAYERS.index(reached):
            raise InputError(
                f"encoder '{name}' reaches only {reached}, {self.deepest} was asked for: use a "
                "complete weights file, another encoder (--encoder compact), or shallower layers "
                "(--set style_layers=… content_layer=…)"
            )
        weight, bias = _as_convolution(convention)
        self.preprocess = nn.Conv2d(3, 3, 1)
        self._fill(
            self.preprocess,
            weights.get("preprocess.weight", weight),
            weights.get("preprocess.bias", bias),
        )
        self.convolutions = nn.ModuleDict()
        self.widths: dict[str, int] = {}
        for layer in layers_up_to(self.deepest):
            convolution = layer.replace("relu", "conv")
            weight = weights[f"{convolution}.weight"]
            module = nn.Conv2d(weight.shape[1], weight.shape[0], 3)
            self._fill(module, weight, weights[f"{convolution}.bias"])
            self.convolutions[convolution] = module
            self.widths[layer] = int(weight.shape[0])
        self.requires_grad_(False)
        self.eval()

    @staticmethod
    def _fill(module: nn.Conv2d, weight: Tensor, bias: Tensor) -> None:
        module.weight = nn.Parameter(weight.detach().float().clone())
        module.bias = nn.Parameter(bias.detach().float().clone())

    def forward(self, images: Tensor, layers: Sequence[str]) -> dict[str, Tensor]:
        """Features of `layers`, computed no deeper than the deepest of them.

        Args:
            images: (N, 3, H, W), RGB in [0, 1] (values outside are allowed while optimising).
            layers: names such as `relu4_1`.

        Returns:
            For each layer a tensor (N, C, H', W') after its ReLU, in the order of the network.

        Raises:
            InputError: a layer is unknown or deeper than this encoder, or the picture is too small
                for the poolings before it.

        """
        wanted = set(layers)
        self.require(layers)
        last = max(layers, key=LAYERS.index)
        features: dict[str, Tensor] = {}
        x = self.preprocess(images)
        for layer in layers_up_to(last):
            convolution = layer.replace("relu", "conv")
            if convolution in POOLED_BEFORE:
                x = self._pool(x)
            # In place, to save memory: nothing else needs the convolution's output.
            x = functional.relu(self._convolve(self.convolutions[convolution], x), inplace=True)
            if layer in wanted:
                features[layer] = x
        return features

    def require(self, layers: Sequence[str]) -> None:
        """Raise InputError unless every one of `layers` is a built layer of this encoder."""
        if not layers:
            raise InputError("no layer was named: give at least one, such as relu4_1")
        for layer in layers:
            if layer not in self.widths:
                known = layer in LAYERS
                what = f"reaches only {self.deepest}" if known else f"has no layer '{layer}'"
                raise InputError(
                    f"encoder '{self.name}' {what}"
                    + (f", {layer} was asked for" if known else "")
                    + f": use layers among {', '.join(self.widths)}, or another encoder"
                )

    def _pool(self, x: Tensor) -> Tensor:
        if min(x.shape[-2:]) < 2:
            raise InputError(
                "the picture is too small for this depth: every pooling halves it; use a larger "
                "--size or shallower layers"
            )
        if self.pooling == "max":
            return functional.max_pool2d(x, 2)
        return functional.avg_pool2d(x, 2)

    def _convolve(self, module: nn.Module, x: Tensor) -> Tensor:
        assert isinstance(module, nn.Conv2d)
        if self.padding == "zero":
            return functional.conv2d(x, module.weight, module.bias, padding=1)
        if self.padding == "reflect" and min(x.shape[-2:]) < 2:
            # A one-pixel map cannot be reflected; its border is repeated instead.
            x = functional.pad(x, (1, 1, 1, 1), mode="replicate")
        else:
            x = functional.pad(x, (1, 1, 1, 1), mode=self.padding)
        return functional.conv2d(x, module.weight, module.bias)
