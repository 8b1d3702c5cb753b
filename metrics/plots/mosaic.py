"""The mosaic: example stimuli in the nine cells of the EC space (Yeh et al. 2020, figure 1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure
from PIL import Image as Images
from PIL import ImageOps
from PIL.Image import Image

from metrics.ecspace.grid import LEVELS

TILE = (160, 120)
"""Width and height of one stimulus, in pixels."""
ACROSS = 2
"""Stimuli in one row of a cell."""
GAP, MARGIN = 4, 14
"""Pixels between the stimuli of a cell, and between cells."""


def mosaic_figure(
    pictures: Mapping[tuple[int, int], Sequence[Image]], title: str, many: int = 4
) -> Figure:
    """Draw up to `many` pictures of each cell (E third, C third), two in a row.

    High E is at the top and high C on the right, as in the scatter. Pictures are scaled to fit
    their tile and not cropped. Cells may be empty.
    """
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
    """The pictures on a white canvas (H, W, 3), 0 … 255, and the centres of the diagonal cells."""
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
    """A picture scaled to fit a light grey tile."""
    small = ImageOps.contain(picture.convert("RGB"), TILE)
    tile = Images.new("RGB", TILE, "#eef1f5")
    tile.paste(small, ((TILE[0] - small.width) // 2, (TILE[1] - small.height) // 2))
    return np.asarray(tile)
