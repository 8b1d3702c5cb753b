"""Boundaries of drawn regions: label maps, polygons and lines become maps of boundary pixels.

The rules, which `RULE` states for users:

- A pixel is a boundary if the labels of the 2 × 2 pixels of which it is the upper left one are not
  all equal; the result is thinned to lines one pixel wide. `Boundaries` of BSDS500 (Arbeláez et al.
  2011) follow exactly from `Segmentation` in this way. The frame of the picture is not a boundary.
- A polygon covers the pixels whose centres lie in it (even-odd rule). Each region is outlined
    separately, so that overlapping regions keep both outlines.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from metrics.boundaries.thinning import thin

RULE = (
    "boundaries are the pixels whose 2x2 block (right and down) holds two labels, thinned to one "
    "pixel, as in BSDS500; polygons cover the pixels whose centres lie in them, and each object is "
    "outlined by itself; in boundary pictures, values of at least half of the largest one count, "
    "thinned to one pixel"
)
Mask = NDArray[np.bool_]


def label_boundaries(labels: NDArray[np.integer]) -> Mask:
    """The boundaries (H, W) of the regions of a label map (H, W), one pixel wide."""
    # Labels are repeated beyond the last row and column, so that the frame is not a boundary.
    padded = np.pad(labels, ((0, 1), (0, 1)), mode="edge")
    own = padded[:-1, :-1]
    others = (padded[1:, :-1], padded[:-1, 1:], padded[1:, 1:])
    boundaries = np.logical_or.reduce([own != other for other in others])
    thinned: Mask = thin(boundaries[None])[0]
    return thinned


def region_boundaries(regions: Iterable[Mask], size: tuple[int, int]) -> Mask:
    """The outlines (H, W) of regions, masks (H, W) that may overlap; size: width and height."""
    found = np.zeros(size[::-1], bool)
    for region in regions:
        found |= label_boundaries(region.astype(np.uint8))
    return found


def polygon_region(points: Sequence[tuple[float, float]], size: tuple[int, int]) -> Mask:
    """The pixels (H, W) whose centres lie in a polygon.

    Args:
        points: corners (x, y) in pixels; (0, 0) is the upper left corner of the first pixel.
        size: width and height of the picture.

    """
    width, height = size
    x, y = np.asarray(points, float).T
    next_x, next_y = np.roll(x, -1), np.roll(y, -1)
    region = np.zeros((height, width), bool)
    for row in range(max(0, int(np.floor(y.min()))), min(height, int(np.ceil(y.max())))):
        middle = row + 0.5
        cut = (y <= middle) != (next_y <= middle)
        along = (middle - y[cut]) / (next_y[cut] - y[cut])
        crossings = np.sort(x[cut] + along * (next_x[cut] - x[cut]))
        bounds = np.clip(np.ceil(crossings - 0.5), 0, width).astype(int)
        for start, end in zip(bounds[::2], bounds[1::2], strict=True):
            region[row, start:end] = True
    return region


def circle_region(
    centre: tuple[float, float], edge: tuple[float, float], size: tuple[int, int]
) -> Mask:
    """The pixels (H, W) whose centres lie in the circle through `edge`."""
    width, height = size
    y, x = np.ogrid[0.5 : height + 0.5, 0.5 : width + 0.5]
    radius = np.hypot(edge[0] - centre[0], edge[1] - centre[1])
    region: Mask = np.hypot(x - centre[0], y - centre[1]) <= radius
    return region


def line_boundaries(points: Sequence[tuple[float, float]], size: tuple[int, int]) -> Mask:
    """The pixels (H, W) of a line, one pixel wide."""
    image = Image.new("1", size)
    ImageDraw.Draw(image).line([(int(x), int(y)) for x, y in points], fill=1)
    return np.asarray(image)
