"""Structural similarity of luminance, at one scale and at five.

Wang, Bovik, Sheikh & Simoncelli 2004 (IEEE TIP 13); Wang, Simoncelli & Bovik 2003 (Asilomar).
Gaussian windows of 11 × 11 pixels and deviation 1.5 that lie within the picture, K₁ = 0.01,
K₂ = 0.03. Like the authors' code, `ssim` first averages larger pictures down to a shorter side of
about 256.
"""

from __future__ import annotations

from torch import Tensor

from metrics.statistics.formulas.windows import Array, averaged, gaussian, luminance, moments

_SIDE = 11
_WINDOW = gaussian(_SIDE, 1.5)
_C1, _C2 = 0.01**2, 0.03**2
_SCALES = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)
"""Exponents of the five scales (Wang et al. 2003, section 3.2)."""
_LEAST_SIDE = _SIDE * 2 ** (len(_SCALES) - 1)
"""Pixels: at the fifth scale the window must fit into the picture."""


def ssim(stimulus: Tensor, content: Tensor) -> float | str:
    """Similarity of pictures (1, 3, H, W) in [0, 1]: −1 … 1, 1 for equal ones."""
    x, y = luminance(stimulus), luminance(content)
    if min(x.shape) < _SIDE:
        return f"it needs at least {_SIDE} pixels on both sides"
    block = max(1, round(min(x.shape) / 256))
    similarity, _ = _similarities(averaged(x, block), averaged(y, block))
    return similarity


def ms_ssim(stimulus: Tensor, content: Tensor) -> float | str:
    """The same at five scales, 0 … 1; a text for pictures that are too small for five.

    A negative mean of structure at a scale counts as 0, as a power of it is not defined.
    """
    x, y = luminance(stimulus), luminance(content)
    if min(x.shape) < _LEAST_SIDE:
        return f"five scales need at least {_LEAST_SIDE} pixels on both sides"
    product = 1.0
    for scale, exponent in enumerate(_SCALES, start=1):
        similarity, structure = _similarities(x, y)
        last = scale == len(_SCALES)
        product *= max(0.0, similarity if last else structure) ** exponent
        if not last:
            x, y = averaged(x, 2), averaged(y, 2)
    return product


def _similarities(x: Array, y: Array) -> tuple[float, float]:
    """Means over all windows: of similarity, and of contrast and structure alone."""
    mean_x, mean_y, var_x, var_y, covariance = moments(x, y, _WINDOW)
    structure = (2 * covariance + _C2) / (var_x + var_y + _C2)
    light = (2 * mean_x * mean_y + _C1) / (mean_x**2 + mean_y**2 + _C1)
    return float((light * structure).mean()), float(structure.mean())
