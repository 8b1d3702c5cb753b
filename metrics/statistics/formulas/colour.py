"""Distances of colours in CIELAB: of histograms, and of the colours of all pixels."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from metrics.statistics.formulas.sliced_wasserstein import directions, squared_distance

_TO_XYZ = (
    (0.4124564, 0.3575761, 0.1804375),
    (0.2126729, 0.7151522, 0.0721750),
    (0.0193339, 0.1191920, 0.9503041),
)
"""Linear sRGB to XYZ under D65 (IEC 61966-2-1)."""
_WHITE = (0.9504559, 1.0, 1.0890578)
"""White, (1, 1, 1) in sRGB, in the same coordinates."""
L_BINS, AB_BINS, AB_REACH = 10, 12, 120.0
"""Bins of 10 units in L (0 … 100) and of 20 units in a and b (−120 … 120)."""
SLICES = 32


def lab(image: Tensor) -> Tensor:
    """SRGB in [0, 1], (1, 3, H, W), as CIELAB under D65, (3, P): L 0 … 100 (CIE 15)."""
    rgb = image[0].flatten(1).double()
    linear = torch.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    xyz = torch.tensor(_TO_XYZ, dtype=torch.float64) @ linear
    ratio = xyz / torch.tensor(_WHITE, dtype=torch.float64)[:, None]
    f = torch.where(
        ratio > (6 / 29) ** 3, ratio.clamp_min(0) ** (1 / 3), ratio * (29 / 6) ** 2 / 3 + 4 / 29
    )
    return torch.stack([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def histogram(image: Tensor) -> Tensor:
    """Shares of pixels (L_BINS · AB_BINS²,) in the cells of CIELAB."""
    lightness, a, b = lab(image)
    bins = [
        (lightness / 100 * L_BINS).long().clamp(0, L_BINS - 1),
        *(
            ((x + AB_REACH) / (2 * AB_REACH) * AB_BINS).floor().long().clamp(0, AB_BINS - 1)
            for x in (a, b)
        ),
    ]
    cells = (bins[0] * AB_BINS + bins[1]) * AB_BINS + bins[2]
    return torch.bincount(cells, minlength=L_BINS * AB_BINS**2).double() / len(cells)


def histogram_distance(stimulus: Tensor, style: Tensor) -> float:
    """Hellinger's distance of colour histograms, 0 (equal) … 1 (no common colour).

    Colour histograms: Swain & Ballard 1991; the distance: Afifi, Brubaker & Brown 2021 (HistoGAN),
    equation 3, there of another histogram.
    """
    roots = histogram(stimulus).sqrt() - histogram(style).sqrt()
    return float(roots.square().sum().div(2).sqrt())


def colour_wasserstein(stimulus: Tensor, style: Tensor) -> float:
    """Sliced Wasserstein-2 distance of the pixels' colours, in units of CIELAB; lower is better.

    Rabin, Peyré, Delon & Bernot 2012. Times √3, so that a shift of all colours by a vector has
    about that vector's length as its distance.
    """
    along = directions(3, SLICES)
    return math.sqrt(3 * squared_distance(lab(stimulus), lab(style), along))
