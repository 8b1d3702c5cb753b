"""Small pictures with known boundaries, and annotations as BSDS500 stores them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image
from scipy.io import savemat

SIDE = 136  # of the smallest square in which diagonal neighbours are within the tolerance


def square_labels(side: int = SIDE) -> np.ndarray:
    """A square region (2) in the middle of another (1)."""
    labels = np.ones((side, side), np.uint16)
    labels[side // 4 : 3 * side // 4, side // 4 : 3 * side // 4] = 2
    return labels


def edges_of(labels: np.ndarray) -> np.ndarray:
    """Pixels whose right or lower neighbour has another label."""
    edges = np.zeros(labels.shape, bool)
    edges[:, :-1] |= labels[:, :-1] != labels[:, 1:]
    edges[:-1] |= labels[:-1] != labels[1:]
    return edges


def square_picture(side: int = SIDE, noise: float = 8.0) -> Image.Image:
    """An orange square on blue, with a little noise."""
    colours = np.array([[0, 0, 0], [60, 90, 160], [230, 140, 40]], np.float64)
    pixels = colours[square_labels(side)]
    pixels += np.random.default_rng(0).normal(0, noise, pixels.shape)
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8))


def write_annotation(path: Path, labels: Sequence[np.ndarray]) -> Path:
    """Write regions and their boundaries as a BSDS groundTruth file, one cell per annotator."""
    cells = np.empty((1, len(labels)), object)
    for index, one in enumerate(labels):
        kind = np.dtype([("Segmentation", object), ("Boundaries", object)])
        cell = np.empty((1, 1), kind)
        cell[0, 0] = (one, edges_of(one).astype(np.uint8))
        cells[0, index] = cell
    savemat(path, {"groundTruth": cells})
    return path
