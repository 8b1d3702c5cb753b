"""Means and deviations of an encoder's features of pictures, from which a referee is learnt."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from PIL.Image import Image

from common.errors import InputError
from common.pictures import read_picture, to_tensor
from metrics.calibration.learnt.features import PARTS, Features
from metrics.statistics.base import Sample
from metrics.statistics.comparison import LARGEST
from metrics.statistics.instruments.comparison import bounded, fitted
from transfer.encoders.architecture import Encoder
from transfer.encoders.layout import STYLE_LAYERS

VERSION = 1
Row = npt.NDArray[np.float64]
_Key = tuple[Path, tuple[int, int], str]
"""A reference, the size of the stimulus, and its role."""


@dataclass(frozen=True)
class Made:
    """A stimulus and the pictures that it was made of.

    Attributes:
        name: of the stimulus.
        image, content: files.
        styles: files; of several the moments are averaged.
        levels: `method`, `content`, `style` → names, where they are known.

    """

    name: str
    image: Path
    content: Path
    styles: tuple[Path, ...]
    levels: Mapping[str, str]


class Moments:
    """Reads moments of pictures by one encoder."""

    def __init__(self, encoder: Encoder) -> None:
        """Take an encoder as it is; it is not trained further."""
        self.encoder = encoder
        self.layers = [layer for layer in STYLE_LAYERS if layer in encoder.widths]
        if not self.layers:
            raise InputError(f"encoder '{encoder.name}' has none of {', '.join(STYLE_LAYERS)}")
        self._device = next(encoder.parameters()).device

    @property
    def name(self) -> str:
        """All that determines the numbers."""
        encoder = self.encoder.fingerprint or self.encoder.name
        return f"moments-{VERSION} {encoder} {','.join(self.layers)} {LARGEST}px"

    def of(self, image: Image) -> Row:
        """Mean and population deviation (D,) of each channel over all places, layer by layer.

        A picture whose shorter side has more than `LARGEST` pixels is first resized to that.
        """
        tensor = to_tensor(bounded(image, LARGEST)).to(self._device)
        with torch.no_grad(), torch.backends.cudnn.flags(allow_tf32=False):
            found = self.encoder(tensor, self.layers)
        parts = []
        for layer in self.layers:
            flat = found[layer][0].flatten(1).double()
            parts += [flat.mean(1), flat.std(1, correction=0)]
        return np.asarray(torch.cat(parts).cpu().numpy(), dtype=np.float64)

    def features(
        self, several: Sequence[Made], progress: Callable[[int, int], None] = lambda done, of: None
    ) -> Features:
        """The features of stimuli, each picture read at the size of the stimulus, as for E and C.

        Raises:
            InputError: no stimuli, a file that is missing or no picture, or a stimulus of another
                shape than its content.

        """
        if not several:
            raise InputError("there are no stimuli whose features could be made")
        kept: dict[_Key, Row] = {}
        rows: dict[str, list[Row]] = {part: [] for part in PARTS}
        for number, made in enumerate(several, 1):
            image = read_picture(made.image)
            content = self._reference(kept, made, image, made.content, "content")
            styles = [self._reference(kept, made, image, path, "style") for path in made.styles]
            rows["stimulus"].append(self.of(image))
            rows["content"].append(content)
            rows["style"].append(np.mean(styles, axis=0))
            progress(number, len(several))
        return Features(
            tuple(made.name for made in several),
            {part: np.stack(each) for part, each in rows.items()},
            self.name,
            _levels(several),
            {layer: self.encoder.widths[layer] for layer in self.layers},
        )

    def _reference(
        self, kept: dict[_Key, Row], made: Made, image: Image, path: Path, role: str
    ) -> Row:
        key = (path, image.size, role)
        if key not in kept:
            sample = Sample(made.image, image.size[0], path)
            kept[key] = self.of(fitted(sample, image.size, role))
        return kept[key]


def _levels(several: Iterable[Made]) -> dict[str, tuple[str, ...]]:
    """The levels that all of the stimuli name."""
    each = [made.levels for made in several]
    shared = set.intersection(*(set(levels) for levels in each))
    order = [name for name in ("method", "content", "style") if name in shared]
    return {name: tuple(levels[name] for levels in each) for name in order}
