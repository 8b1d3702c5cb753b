"""The local cues: gradients of four channels at three radii, smoothed and weighted."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import cache

import torch
from torch import Tensor
from torch.nn import functional

from metrics.boundaries.gpb.channels import ORIENTATIONS, TEXTONS, lab, quantise, textons
from metrics.boundaries.gpb.grids import corners, mirror, refine
from metrics.boundaries.gpb.half_discs import gradients

BINS = 25
RADII: Mapping[str, tuple[int, int, int]] = {
    "brightness": (3, 5, 10),
    "a": (5, 10, 20),
    "b": (5, 10, 20),
    "texture": (5, 10, 20),
}
_SMOOTHING = {"brightness": 0.1 * BINS, "a": 0.05 * BINS, "b": 0.05 * BINS}
_FINE = 10  # pixels; larger discs and ellipses use a coarser grid, on which they have this radius
_TEXTURE_FINE = 5  # the same for discs in the texture channel, which has the most bins

Cues = Mapping[tuple[str, int], Tensor]
"""(channel, radius) → gradients (N, ORIENTATIONS, h, w), at the places of its grid."""
Weights = Mapping[str, Sequence[float]]
"""Channel → weights of its cues, in the order of RADII."""


def cues(images: Tensor, seeds: Sequence[int]) -> Cues:
    """The gradients of all channels of RGB pictures in [0, 1] (N, 3, H, W).

    The gradients of textons are the mean over one clustering for each of `seeds`.
    """
    quantised = quantise(lab(images), BINS)
    labels = dict(zip(("brightness", "a", "b"), quantised.unbind(dim=1), strict=True))
    labels["texture"] = textons(images, seeds).flatten(0, 1)
    return {
        (channel, radius): _gradients(labels[channel], channel, radius, images.shape)
        for channel, radii in RADII.items()
        for radius in radii
    }


def _gradients(labels: Tensor, channel: str, radius: int, shape: torch.Size) -> Tensor:
    """Gradients of one channel, on the grid on which they are smoothed."""
    number, _, height, width = shape
    texture = channel == "texture"
    coarse = _coarseness(radius)
    factor = max(coarse, radius // _TEXTURE_FINE) if texture else coarse
    bins = TEXTONS if texture else BINS
    found = gradients(labels, bins, radius, _SMOOTHING.get(channel, 0.0), factor)
    if texture:
        found = found.reshape(-1, number, *found.shape[1:]).mean(dim=0)
    return refine(found, factor // coarse, corners(height, coarse), corners(width, coarse))


def _coarseness(radius: int) -> int:
    """Side of the blocks, in pixels, on whose grid cues of this radius are computed."""
    return max(1, radius // _FINE)


def combine(found: Cues, weights: Weights, height: int, width: int) -> Tensor:
    """Σ weight × smoothed cue (N, ORIENTATIONS, height, width)."""
    by_radius: dict[int, Tensor] = {}
    for channel, radii in RADII.items():
        for radius, weight in zip(radii, weights[channel], strict=True):
            if weight:  # smoothing is linear, so cues of one radius are added before it
                part = weight * found[channel, radius]
                by_radius[radius] = by_radius[radius] + part if radius in by_radius else part
    smoothed = [smooth(part, radius, height, width) for radius, part in by_radius.items()]
    return torch.stack(smoothed).sum(dim=0)


def smooth(maps: Tensor, radius: int, height: int, width: int) -> Tensor:
    """Smooth gradients by second-order Savitzky–Golay filters across their edges.

    At each place a parabola in the distance across the edge is fitted by least squares to an
    ellipse of semi-axes `radius` across and radius/4 along; the result is its value at the place.
    `maps` are those of `cues`; the result has shape (N, ORIENTATIONS, height, width).
    """
    coarse = _coarseness(radius)
    kernels = _parabolas(radius // coarse).to(maps)
    margin = kernels.shape[-1] // 2
    wide = mirror(maps, margin, margin, margin, margin)
    return refine(functional.conv2d(wide, kernels, groups=ORIENTATIONS), coarse, height, width)


@cache
def _parabolas(radius: float) -> Tensor:
    """Kernels (ORIENTATIONS, 1, K, K) that give the value of the fitted parabola at the centre."""
    reach = math.ceil(radius)
    axis = torch.arange(-reach, reach + 1, dtype=torch.float64)
    y, x = torch.meshgrid(axis, axis, indexing="ij")
    kernels = []
    for k in range(ORIENTATIONS):
        angle = k * math.pi / ORIENTATIONS
        along = x * math.cos(angle) - y * math.sin(angle)
        across = x * math.sin(angle) + y * math.cos(angle)
        inside = (across / radius) ** 2 + (along / max(1.5, radius / 4)) ** 2 <= 1 + 1e-9
        powers = torch.stack([across[inside] ** power for power in range(3)], dim=1)
        kernel = torch.zeros_like(x)
        kernel[inside] = torch.linalg.pinv(powers)[0]
        kernels.append(kernel[None])
    return torch.stack(kernels)
