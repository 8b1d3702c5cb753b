"""Draw the boundaries that people marked over their picture."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

SIDE = 1024
"""Pixels of the longer side; larger pictures are shrunk, smaller ones are not enlarged."""
COLOUR = (200, 0, 60)
_PALE = 0.45
"""Share of white in the picture, so that lines stand out on any of them."""
_FAINTEST = 0.35
"""Opacity of a pixel that hardly anybody marked; one that all marked is opaque."""


def boundary_overlay(picture: Image.Image, boundaries: NDArray[np.bool_]) -> Image.Image:
    """The paled picture with the boundaries in one colour, stronger the more people marked them.

    Args:
        picture: RGB.
        boundaries: (A, H, W), one map for each person, of the picture's size.

    Returns:
        RGB, at most SIDE pixels wide and high. A line of one pixel stays visible when it shrinks.

    """
    shown = picture.copy()
    shown.thumbnail((SIDE, SIDE))
    share = np.stack([_shrunk(one, shown.size) for one in boundaries]).mean(axis=0)
    opacity = np.where(share > 0, _FAINTEST + (1 - _FAINTEST) * share, 0.0)[:, :, None]
    pale = np.asarray(shown, dtype=np.float32) * (1 - _PALE) + 255 * _PALE
    drawn = pale * (1 - opacity) + np.array(COLOUR) * opacity
    return Image.fromarray(drawn.round().astype(np.uint8))


def _shrunk(marked: NDArray[np.bool_], size: tuple[int, int]) -> NDArray[np.bool_]:
    """The map at a size (width, height) not above its own: a pixel is marked if any in it was."""
    height, width = marked.shape
    rows = np.arange(size[1]) * height // size[1]
    columns = np.arange(size[0]) * width // size[0]
    in_rows = np.logical_or.reduceat(marked, rows, axis=0)
    return np.logical_or.reduceat(in_rows, columns, axis=1)
