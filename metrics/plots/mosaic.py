"""The mosaic: real stimuli in the nine cells of the EC space (the paper's figure 1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from metrics.ecspace.grid import LEVELS

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from PIL.Image import Image

TILE = (160, 120)
"""Width and height of one stimulus, pixels."""
ACROSS = 2
GAP, MARGIN = 4, 14
"""Pixels between the stimuli of a cell, and between cells."""


def mosaic_figure(
    pictures: Mapping[tuple[int, int], Sequence[Image]], title: str, many: int = 4
) -> Figure:
    """Draw up to `many` pictures of each cell (E third, C third), two across.

    High E is on top and high C on the right, as in the scatter. A picture is fitted into its tile
    whole. Cells may be empty.
    """
    from matplotlib.figure import Figure

    canvas, centres = _canvas(pictures, many)
    height, width = canvas.shape[:2]
    figure = Figure(figsize=(9, 0.7 + 8.2 * height / width), layout="constrained")
    axes = figure.add_subplot()
    axes.imshow(canvas, interpolation="antialiased")
    axes.set_xticks([x for x, _ in centres], [f"{level} C" for level in LEVELS])
    axes.set_yticks([y for _, y in centres][::-1], [f"{level} E" for level in LEVELS])
    axes.set(xlabel="content kept →", ylabel="style carried →")
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    axes.set_title(title, loc="left", fontsize=10)
    return figure


def _canvas(
    pictures: Mapping[tuple[int, int], Sequence[Image]], many: int
) -> tuple[npt.NDArray[np.uint8], list[tuple[float, float]]]:
    """Paste the pictures; (H, W, 3), 0 … 255, and the middles of the cells on the diagonal."""
    rows = -(-many // ACROSS)
    cell = np.array([ACROSS * TILE[0], rows * TILE[1]]) + GAP * (np.array([ACROSS, rows]) - 1)
    size = 3 * cell + 2 * MARGIN
    canvas = np.full((int(size[1]), int(size[0]), 3), 255, dtype=np.uint8)
    for (e, c), several in pictures.items():
        corner = (cell + MARGIN) * (c, 2 - e)
        for place, picture in enumerate(several[:many]):
            x, y = corner + (np.array(TILE) + GAP) * (place % ACROSS, place // ACROSS)
            canvas[y : y + TILE[1], x : x + TILE[0]] = _tile(picture)
    middles = [(cell + MARGIN) * step + cell / 2 for step in range(3)]
    return canvas, [(float(x), float(y)) for x, y in middles]


def _tile(picture: Image) -> npt.NDArray[np.uint8]:
    """Fit a picture into a tile, whole, on light grey."""
    from PIL import Image as Images
    from PIL import ImageOps

    small = ImageOps.contain(picture.convert("RGB"), TILE)
    tile = Images.new("RGB", TILE, "#eef1f5")
    tile.paste(small, ((TILE[0] - small.width) // 2, (TILE[1] - small.height) // 2))
    return np.asarray(tile)
