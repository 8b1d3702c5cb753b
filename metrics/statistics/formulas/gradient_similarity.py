"""Deviation of the similarity of gradient magnitudes.

Xue, Zhang, Mou & Bovik 2014 (IEEE TIP 23): luminance is averaged over 2 × 2 pixels, gradients are
Prewitt's with zeros around the picture, the constant is 170 for values up to 255. Lower is better.
"""

from __future__ import annotations

import numpy as np
from scipy.ndimage import correlate1d
from torch import Tensor

from metrics.statistics.formulas.windows import Array, averaged, luminance

_CONSTANT = 170 / 255**2


def gmsd(stimulus: Tensor, content: Tensor) -> float:
    """Deviation for pictures (1, 3, H, W) in [0, 1]: 0 for equal gradients, at most ½."""
    x, y = (_gradient(averaged(luminance(image), 2)) for image in (stimulus, content))
    similarity = (2 * x * y + _CONSTANT) / (x**2 + y**2 + _CONSTANT)
    return float(similarity.std())


def _gradient(grey: Array) -> Array:
    slopes = []
    for axis in (0, 1):
        slope = correlate1d(grey, [-1.0, 0.0, 1.0], axis=axis, mode="constant")
        slopes.append(correlate1d(slope, [1 / 3] * 3, axis=1 - axis, mode="constant"))
    return np.asarray(np.hypot(*slopes))
