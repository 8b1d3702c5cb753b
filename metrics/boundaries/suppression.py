"""Non-maximum suppression: keep strengths that are maximal across their edge."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, map_coordinates

Floats = NDArray[np.floating]


def suppress(strength: Floats, x: Floats, y: Floats) -> Floats:
    """Strengths (H, W), set to 0 if they are lower than one pixel ahead or behind along (x, y).

    (x, y) (H, W) is the unit vector across the edge, x to the right and y downwards. Values
    between pixels are interpolated linearly.
    """
    rows, columns = np.indices(strength.shape)
    ahead = map_coordinates(strength, [rows + y, columns + x], order=1, mode="nearest")
    behind = map_coordinates(strength, [rows - y, columns - x], order=1, mode="nearest")
    return np.where((strength >= ahead) & (strength > behind), strength, 0)


def suppress_oriented(strengths: Floats) -> Floats:
    """The maximum over orientations (K, H, W), suppressed across its edge (H, W).

    Orientation k stands for edges that rise to the right at an angle of kπ/K.
    """
    angle = strengths.argmax(axis=0) * (np.pi / len(strengths))
    return suppress(strengths.max(axis=0), np.sin(angle), np.cos(angle))


def suppress_ridges(strength: NDArray[np.float32], smoothing: float) -> NDArray[np.float32]:
    """Strengths (H, W), set to 0 off the ridges of a map whose edges are several pixels wide.

    The direction across an edge is that in which the map, smoothed by `smoothing` pixels (standard
    deviation), is most convex upwards: the eigenvector of the least eigenvalue of its Hessian.
    """
    exact = strength.astype(np.float64)
    xx, xy, yy = (
        gaussian_filter(exact, smoothing, order=order, mode="nearest")
        for order in ((0, 2), (1, 1), (2, 0))
    )
    # Twice the angle of the greatest eigenvalue's direction; the least one's is at a right angle.
    angle = np.arctan2(2 * xy, xx - yy) / 2
    ridges = suppress(strength, -np.sin(angle), np.cos(angle))
    return ridges.astype(np.float32)
