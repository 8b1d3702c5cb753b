"""The painted styles: their programs, licences and sources, and their pictures.

A program takes some ten seconds, so the picture is kept beside it as JPEG.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

import numpy as np
from PIL import Image

from transfer.samples.contents import Pixels, Sample

PICTURES = Path(__file__).parent / "pictures"
QUALITY = 90
"""Of the JPEG files, whose colour is not subsampled."""


@dataclass(frozen=True)
class Painting:
    """A style: its name, the program that paints it, and what the picture may be used for."""

    name: str
    licence: str
    source: str

    @property
    def path(self) -> Path:
        """The kept picture."""
        return PICTURES / f"{self.name}.jpg"

    def program(self) -> Callable[..., Pixels]:
        """The function that paints it; its arguments are `width` (pixels) and `seed`."""
        name = self.name.replace("-", "_")
        found: Callable[..., Pixels] = getattr(import_module(f"{__package__}.{name}"), name)
        return found

    def sample(self) -> Sample:
        """The kept picture with its licence and source."""
        with Image.open(self.path) as image:
            pixels = np.asarray(image.convert("RGB"), dtype=np.uint8)
        return Sample(self.name, pixels, self.licence, self.source)


_TEMPLE = "CC BY 2.0 (EC Space, after a photograph by danielbuechele)"
_DAHLIA = "CC BY 2.0 (EC Space, after a photograph by vultilion)"

PAINTINGS = (
    Painting(
        "oil", "CC0 (EC Space)", "painted from scikit-image: rocket.jpg, hubble_deep_field.jpg"
    ),
    Painting("pointillism", _TEMPLE, "painted from scikit-learn: china.jpg"),
    Painting("watercolour", _DAHLIA, "painted from scikit-learn: flower.jpg"),
    Painting("woodcut", "CC0 (EC Space)", "cut from scikit-image: chelsea.png"),
    Painting("stained-glass", _DAHLIA, "leaded from scikit-learn: flower.jpg"),
    Painting("ukiyo-e", _TEMPLE, "printed from scikit-learn: china.jpg"),
)


def painted_styles() -> list[Sample]:
    """Oil, pointillism, watercolour, woodcut, stained glass and a colour woodblock print."""
    return [painting.sample() for painting in PAINTINGS]
