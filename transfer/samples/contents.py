"""Photographs from the packages scikit-image and scikit-learn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class Sample:
    """A picture (H, W, 3) with its name, licence and source."""

    name: str
    pixels: Pixels
    licence: str
    source: str


def sample_contents() -> list[Sample]:
    """Four photographs: a portrait, an animal, a still life, and architecture."""
    from skimage import data
    from sklearn.datasets import load_sample_image

    def temple() -> Pixels:
        return np.asarray(load_sample_image("china.jpg"), dtype=np.uint8)

    rows: list[tuple[str, Callable[[], Pixels], str, str]] = [
        ("astronaut", data.astronaut, "public domain (NASA)", "scikit-image: astronaut.png"),
        ("cat", data.chelsea, "CC0 (Stéfan van der Walt)", "scikit-image: chelsea.png"),
        ("coffee", data.coffee, "CC0 (Rachel Michetti)", "scikit-image: coffee.png"),
        ("temple", temple, "CC BY 2.0 (danielbuechele)", "scikit-learn: china.jpg"),
    ]
    return [
        Sample(name, np.asarray(read()), licence, source) for name, read, licence, source in rows
    ]
