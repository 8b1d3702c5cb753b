"""The interface of a network with installed weights: pictures → features, as encoders have it."""

from __future__ import annotations

import pickle  # nosec B403
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar

import torch
from torch import Tensor, nn

from common.errors import InputError, WeightsError
from common.installed_weights import InstalledWeights


class InstalledNetwork(nn.Module):
    """A network that gives features by the names of its layers.

    Class attributes:
        weights: where they come from.
        widths: layer → number of channels.
        smallest: pixels of the shorter side that a picture needs.

    """

    weights: ClassVar[InstalledWeights]
    widths: ClassVar[Mapping[str, int]]
    smallest: ClassVar[int] = 1

    def __init__(self) -> None:
        super().__init__()
        self.name, self.fingerprint = self.weights.package, self.weights.name

    def forward(self, image: Tensor, layers: Sequence[str]) -> dict[str, Tensor]:
        """Features (B, C, H', W') at the named layers of pictures (B, 3, H, W), RGB in [0, 1].

        Raises:
            InputError: the pictures are too small.

        """
        height, width = image.shape[2:]
        if min(height, width) < self.smallest:
            raise InputError(
                f"a picture of {width}×{height} is too small for {self.name}: its shorter side "
                f"needs {self.smallest} pixels"
            )
        found = self.features(image)
        return {layer: found[layer] for layer in layers}

    @abstractmethod
    def features(self, image: Tensor) -> dict[str, Tensor]:
        """Features at all layers."""

    def take(self, tensors: Mapping[str, Tensor], shapes: Mapping[str, tuple[int, ...]]) -> None:
        """Keep the named tensors as parameters that are not trained; dots become underlines.

        Raises:
            WeightsError: one is missing or has another shape.

        """
        for name, shape in shapes.items():
            tensor = tensors.get(name)
            there = None if tensor is None else tuple(tensor.shape)
            if tensor is None or there != shape:
                raise WeightsError(
                    f"the weights of {self.name} have {there or 'nothing'} as {name}, "
                    f"expected {shape}"
                )
            kept = nn.Parameter(tensor.float(), requires_grad=False)
            self.register_parameter(name.replace(".", "_"), kept)

    def kept(self, name: str) -> Tensor:
        """The tensor of that name in the file."""
        return self.get_parameter(name.replace(".", "_"))


def read_tensors(path: Path) -> dict[str, Tensor]:
    """The tensors of a .pth file, by name.

    Raises:
        WeightsError: it holds other things, or cannot be read.

    """
    try:
        found = torch.load(path, map_location="cpu", weights_only=True)
    except (OSError, ValueError, RuntimeError, EOFError, pickle.UnpicklingError) as error:
        reason = " ".join(str(error).split())[:120]
        raise WeightsError(f"{path} cannot be read as weights: {reason}") from error
    if not isinstance(found, dict):
        raise WeightsError(f"{path} holds no dictionary of tensors")
    return {name: value for name, value in found.items() if isinstance(value, Tensor)}
