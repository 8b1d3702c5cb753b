"""Oriented gradients: how much the histograms of the two halves of a disc differ (section 3.1)."""

from __future__ import annotations

import math
from functools import cache

import torch
from torch import Tensor
from torch.nn import functional

from metrics.boundaries.gpb.channels import ORIENTATIONS
from metrics.boundaries.gpb.grids import mirror

_SUBPIXELS = 16


def gradients(
    labels: Tensor, bins: int, radius: int, smoothing: float = 0.0, factor: int = 1
) -> Tensor:
    """χ² distances of half-disc histograms at every place and 8 orientations, in [0, 8].

    Args:
        labels: the bin of every pixel (N, H, W), below `bins`.
        bins: how many there are.
        radius: of the disc, in pixels.
        smoothing: standard deviation, in bins, of the Gaussian that smooths the histograms.
        factor: histograms are those of blocks of factor × factor pixels.

    Returns:
        (N, ORIENTATIONS, h, w): one value for every pixel or block. Orientation k stands for
        edges that rise to the right at an angle of kπ/ORIENTATIONS (0: a horizontal edge).

    """
    N = len(labels)
    kernels = _half_discs(radius // factor).to(labels.device)
    margin = kernels.shape[-1] // 2
    histograms = _histograms(labels, bins, factor)
    if smoothing:
        shares = _shares(bins, smoothing).to(histograms)
        histograms = torch.einsum("bnhw,bc->cnhw", histograms, shares)
    histograms = histograms[histograms.amax(dim=(1, 2, 3)) > 0]
    _, _, h, w = histograms.shape
    total = histograms.new_zeros(N, ORIENTATIONS, h, w)
    # Bin by bin: a processor's cache holds the convolved maps of one bin, not of all.
    for one in histograms:
        wide = mirror(one, margin, margin, margin, margin)[:, None]
        halves = functional.conv2d(wide, kernels)
        difference, both = halves[:, :ORIENTATIONS], halves[:, ORIENTATIONS:]
        total.addcdiv_(difference.square_(), both.clamp_(min=1e-9))
    return total / 2


def _histograms(labels: Tensor, bins: int, factor: int) -> Tensor:
    """Shares of the bins in blocks of factor × factor pixels (bins, N, ⌈H/factor⌉, ⌈W/factor⌉)."""
    N, H, W = labels.shape
    whole = mirror(labels, 0, -H % factor, 0, -W % factor)
    h, w = whole.shape[1] // factor, whole.shape[2] // factor
    block = torch.arange(N * h * w, device=labels.device).reshape(N, h, w)
    block = block.repeat_interleave(factor, dim=1).repeat_interleave(factor, dim=2)
    counts = torch.bincount((whole * (N * h * w) + block).flatten(), minlength=bins * N * h * w)
    return counts.reshape(bins, N, h, w).float() / factor**2


@cache
def _half_discs(radius: int) -> Tensor:
    """Convolution kernels (ORIENTATIONS + 1, 1, K, K): one half less the other; last their sum.

    A pixel counts by the share of its area that lies in each half. A half adds up
    to ORIENTATIONS, as in the original, where each slice between two orientations has weight 1.
    """
    size = 2 * radius + 3
    fine = (torch.arange(size * _SUBPIXELS) + 0.5) / _SUBPIXELS - size / 2
    y, x = torch.meshgrid(fine, fine, indexing="ij")
    disc = (x**2 + y**2 <= radius**2).float()
    kernels = []
    for k in range(ORIENTATIONS):
        angle = k * math.pi / ORIENTATIONS
        below = x * math.sin(angle) + y * math.cos(angle)
        kernels.append(functional.avg_pool2d((disc * below.sign())[None], _SUBPIXELS))
    whole = functional.avg_pool2d(disc[None], _SUBPIXELS)
    return torch.stack([*kernels, whole]) * (2 * ORIENTATIONS / whole.sum())


@cache
def _shares(bins: int, smoothing: float) -> Tensor:
    """How a pixel of each bin is shared out among all bins (bins, bins); rows add up to 1."""
    if not smoothing:
        return torch.eye(bins)
    place = torch.arange(bins, dtype=torch.float64)
    distance = (place[:, None] - place).abs()
    share = torch.exp(-(distance**2) / (2 * smoothing**2)) * (distance <= 3 * smoothing)
    return (share / share.sum(dim=1, keepdim=True)).float()
