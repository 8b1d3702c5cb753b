"""Visual information fidelity, in the domain of pixels.

Sheikh & Bovik 2006 (IEEE TIP 15), in the form of the authors' `vifp_mscale`: four scales, noise
variance 2 for values up to 255. Higher is better; 1 for equal pictures, above 1 where the stimulus
has more contrast. Not symmetric.
"""

from __future__ import annotations

import numpy as np
from torch import Tensor

from metrics.statistics.formulas.windows import Array, gaussian, luminance, means, moments

_SIDES = (17, 9, 5, 3)
"""Pixels of the windows of the four scales; their deviation is a fifth."""
_NOISE = 2.0
_LEAST_SIDE = 41
"""Pixels: the windows of four scales must fit into the picture."""
_NOTHING = 1e-10
"""A variance that counts as zero."""
_FLAT = 1e-6
"""Range of luminance below which a picture holds no information (a step of 8 bits is 0.004)."""


def vif(stimulus: Tensor, content: Tensor) -> float | str:
    """Fidelity of pictures (1, 3, H, W) in [0, 1]; a text for a content without information."""
    x, y = luminance(stimulus), luminance(content)
    if min(x.shape) < _LEAST_SIDE:
        return f"four scales need at least {_LEAST_SIDE} pixels on both sides"
    if np.ptp(y) < _FLAT:
        return "the content is of one flat luminance, so that it holds no information"
    x, y = 255 * x, 255 * y
    kept = held = 0.0
    for scale, side in enumerate(_SIDES):
        window = gaussian(side, side / 5)
        if scale:
            x, y = means(x, window)[::2, ::2], means(y, window)[::2, ::2]
        more_kept, more_held = _information(x, y, window)
        kept, held = kept + more_kept, held + more_held
    if held <= 0:
        return "the content is nearly flat, so that it holds no information"
    return kept / held


def _information(x: Array, y: Array, window: Array) -> tuple[float, float]:
    """What the stimulus x keeps of the information in the content y, and all of it (log₁₀)."""
    _, _, var_x, var_y, covariance = moments(x, y, window)
    var_x, var_y = np.maximum(var_x, 0), np.maximum(var_y, 0)
    varies = (var_x >= _NOTHING) & (var_y >= _NOTHING) & (covariance >= 0)
    gain = np.where(varies, covariance / (var_y + _NOTHING), 0.0)
    noise = np.maximum(np.where(varies, var_x - gain * covariance, var_x), _NOTHING)
    kept = np.log10(1 + gain**2 * var_y / (noise + _NOISE)).sum()
    return float(kept), float(np.log10(1 + var_y / _NOISE).sum())
