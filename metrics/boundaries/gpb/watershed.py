"""Watershed lines, one pixel wide (Meyer, Signal Processing 38(1), 1994)."""

from __future__ import annotations

from heapq import heapify, heappop, heappush

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import label
from skimage.morphology import local_minima

_UNSEEN, _LINE, _OUTSIDE = 0, -1, -2


def watershed_lines(relief: NDArray[np.floating]) -> NDArray[np.bool_]:
    """The pixels at which the flooded basins of a relief (H, W) meet.

    Basins start at minima and are 8-connected, so lines are 4-connected. Pixels are flooded in the
    order of their heights, pixels of one height in the order in which they are reached. A pixel
    that touches two basins when it is flooded belongs to the line. On reliefs with many minima,
    `skimage.segmentation.watershed` takes far longer.
    """
    minima, number = label(local_minima(relief, connectivity=2), np.ones((3, 3)))
    if number < 2:
        return np.zeros(relief.shape, bool)
    width = relief.shape[1] + 2
    basins = np.pad(minima, 1, constant_values=_OUTSIDE).ravel()
    heights: list[float] = np.pad(relief, 1).ravel().tolist()
    around = (-width - 1, -width, -width + 1, -1, 1, width - 1, width, width + 1)
    basin: list[int] = basins.tolist()
    waiting = [one != _UNSEEN for one in basin]
    queue: list[tuple[float, int, int]] = []
    for pixel in np.flatnonzero(basins > 0).tolist():
        for step in around:
            neighbour = pixel + step
            if not waiting[neighbour]:
                waiting[neighbour] = True
                queue.append((heights[neighbour], len(queue), neighbour))
    reached = len(queue)
    heapify(queue)
    while queue:
        _, _, pixel = heappop(queue)
        touched = {basin[pixel + step] for step in around if basin[pixel + step] > 0}
        if len(touched) > 1:
            basin[pixel] = _LINE
            continue
        basin[pixel] = touched.pop()
        for step in around:
            neighbour = pixel + step
            if not waiting[neighbour]:
                waiting[neighbour] = True
                heappush(queue, (heights[neighbour], reached, neighbour))
                reached += 1
    lines: NDArray[np.bool_] = np.array(basin).reshape(-1, width)[1:-1, 1:-1] <= _UNSEEN
    return lines
