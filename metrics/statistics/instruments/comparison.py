"""Measures statistics that compare a stimulus with its content or style picture."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image as Images
from PIL.Image import Image
from torch import Tensor

from common.device import choose_device
from common.errors import InputError
from common.pictures import read_picture, resize_shorter, resize_to_width, same_shape, to_tensor
from metrics.statistics.base import Instrument, Sample, Value, colour_part
from metrics.statistics.networks.base import InstalledNetwork
from transfer import encoders
from transfer.encoders.architecture import Encoder
from transfer.encoders.registry import DEFAULT_ENCODER

Features = Mapping[str, Tensor]
"""Layer → (1, C, H, W), layers in the order of the network."""
Numbers = Mapping[str, float | str]
"""Name → number, or a text that says why there is none."""


@dataclass(frozen=True)
class Compared:
    """What a statistic declares of itself (see metrics/statistics/comparison.py).

    largest: pixels of the shorter side to which larger pictures are resized; None: they are not.
    """

    key: str
    version: int
    names: tuple[str, ...]
    reference: str
    largest: int | None


class PictureInstrument(Instrument):
    """One formula of pixels."""

    def __init__(self, statistic: Compared, formula: Callable[[Tensor, Tensor], Numbers]) -> None:
        """Take a formula of two pictures, (1, 3, H, W) float64 in [0, 1]."""
        self.statistic, self._formula = statistic, formula
        self._reference: tuple[tuple[Path, tuple[int, int]], Tensor] | None = None
        self._colours = lru_cache(colour_part)

    def name(self, sample: Sample) -> str:
        """Key, version, the largest size, and the rule of a conversion of colours."""
        limit = f" {self.statistic.largest}px" if self.statistic.largest else ""
        name = f"{self.statistic.key}-{self.statistic.version}{limit}"
        return name + self._colours(sample.reference)

    def measure(self, sample: Sample) -> dict[str, Value]:
        """The statistic's numbers."""
        image = read_picture(sample.image)
        key = (sample.reference, image.size)
        if self._reference is None or self._reference[0] != key:
            reference = fitted(sample, image.size, self.statistic.reference)
            self._reference = key, pixels(bounded(reference, self.statistic.largest))
        stimulus = pixels(bounded(image, self.statistic.largest))
        with torch.no_grad():
            return values(self.statistic.names, self._formula(stimulus, self._reference[1]))


class FeatureInstrument(Instrument):
    """One formula of features, with one encoder."""

    def __init__(
        self,
        statistic: Compared,
        formula: Callable[[Features, Features], Numbers],
        layers: Sequence[str],
        encoder: Encoder | InstalledNetwork,
    ) -> None:
        """Take a formula of the features of two pictures at those of `layers` that there are.

        Raises:
            InputError: the encoder has none of the layers.

        """
        self.statistic, self.encoder, self._formula = statistic, encoder, formula
        self.layers = [layer for layer in layers if layer in encoder.widths]
        if not self.layers:
            raise InputError(
                f"encoder '{encoder.name}' has no {', '.join(layers)}, which "
                f"{statistic.key} needs: use a deeper encoder"
            )
        self._device = next(encoder.parameters()).device
        self._reference: tuple[tuple[Path, tuple[int, int]], Features] | None = None
        self._colours = lru_cache(colour_part)

    def name(self, sample: Sample) -> str:
        """Key, version, the encoder, the largest size, and the rule of a conversion of colours."""
        encoder = self.encoder.fingerprint or self.encoder.name
        name = f"{self.statistic.key}-{self.statistic.version} {encoder} {self.statistic.largest}px"
        return name + self._colours(sample.reference)

    def measure(self, sample: Sample) -> dict[str, Value]:
        """The statistic's numbers."""
        image = read_picture(sample.image)
        key = (sample.reference, image.size)
        if self._reference is None or self._reference[0] != key:
            reference = fitted(sample, image.size, self.statistic.reference)
            self._reference = key, self._features(reference)
        found = self._formula(self._features(image), self._reference[1])
        return values(self.statistic.names, found)

    def _features(self, image: Image) -> Features:
        tensor = to_tensor(bounded(image, self.statistic.largest)).to(self._device)
        with torch.no_grad(), torch.backends.cudnn.flags(allow_tf32=False):
            features: Features = self.encoder(tensor, self.layers)
        return features


def encoder_of(options: Mapping[str, Any]) -> Encoder:
    """The encoder that `options` name.

    Raises:
        InputError: an unknown encoder, or weights that are missing or damaged.

    """
    return encoders.load_encoder(
        options.get("encoder") or DEFAULT_ENCODER,
        weights=Path(options["weights"]) if options.get("weights") else None,
        device=choose_device(options.get("device") or "auto"),
    )


def on_device(network: InstalledNetwork, options: Mapping[str, Any]) -> InstalledNetwork:
    """The network, ready to be used on the device that `options` name."""
    return network.eval().to(choose_device(options.get("device") or "auto"))


def fitted(sample: Sample, size: tuple[int, int], role: str) -> Image:
    """The reference as it was when the stimulus was made: content at its size, style at its width.

    Raises:
        InputError: stimulus and content have different shapes.

    """
    picture = read_picture(sample.reference)
    if role == "style":
        return resize_to_width(picture, size[0])
    if not same_shape(size, picture.size):
        raise InputError(
            f"{sample.image.name} is {size[0]}×{size[1]} and its content {sample.reference.name} "
            f"{picture.size[0]}×{picture.size[1]}, another shape: they cannot be compared place by "
            "place"
        )
    if picture.size == size:
        return picture
    return picture.resize(size, Images.Resampling.BILINEAR)


def bounded(image: Image, largest: int | None) -> Image:
    """The picture with a shorter side of at most `largest` pixels."""
    if largest is None or min(image.size) <= largest:
        return image
    return resize_shorter(image, largest)


def pixels(image: Image) -> Tensor:
    """The picture as float64 (1, 3, H, W), RGB in [0, 1]."""
    array = np.asarray(image.convert("RGB"), dtype=np.float64) / 255
    return torch.from_numpy(array).permute(2, 0, 1)[None].contiguous()


def values(names: tuple[str, ...], found: Numbers) -> dict[str, Value]:
    """A value for each name: a number, or none with the reason."""
    answers = {}
    for name in names:
        number = found[name]
        if isinstance(number, str):
            answers[name] = Value(None, {"missing": number})
        elif not math.isfinite(number):
            answers[name] = Value(None, {"missing": "the formula gives no finite number"})
        else:
            answers[name] = Value(float(number))
    return answers
