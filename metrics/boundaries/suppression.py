"""Non-maximum suppression: keep strengths that are maximal across their edge."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import map_coordinates

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
