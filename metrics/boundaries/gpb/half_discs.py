"""Oriented gradients: distances of the histograms in the two halves of a disc (section 3.1)."""

from __future__ import annotations

import math
from functools import cache

import torch
from torch import Tensor
from torch.nn import functional

from metrics.boundaries.gpb.channels import ORIENTATIONS
from metrics.boundaries.gpb.grids import corners, mirror

_BAND = 64  # rows that are processed at once; all rows of a large picture would take 10 GB


def gradients(
    labels: Tensor, bins: int, radius: int, smoothing: float = 0.0, factor: int = 1
) -> Tensor:
    """χ² distances of half-disc histograms at every place and 8 orientations, in [0, 8].

    The two halves of a disc meet at the upper left corner of its pixel, as in the authors' code, so
    that an edge between two pixels is at the right or lower one of them.

    Args:
        labels: the bin of each pixel (N, H, W), below `bins`.
        bins: number of bins.
        radius: of the disc, in pixels; a multiple of `factor`.
        smoothing: standard deviation, in bins, of the Gaussian that smooths the histograms.
        factor: histograms are those of blocks of factor × factor pixels.

    Returns:
        (N, ORIENTATIONS, h, w): one value for each place that `grids.corners` counts. Orientation
        k stands for edges that rise to the right at an angle of kπ/ORIENTATIONS (0: horizontal).

    """
    N, H, W = labels.shape
    h, w = corners(H, factor), corners(W, factor)
    kernels = _half_discs(radius, factor).to(labels.device)
    margin = kernels.shape[-1] // 2
    whole = mirror(labels, 0, -H % factor, 0, -W % factor)
    below, right = (margin + n - m // factor for n, m in zip((h, w), whole.shape[1:], strict=True))
    wide = mirror(whole, *(factor * blocks for blocks in (margin, below, margin, right)))
    bands = []
    for top in range(0, h, _BAND):
        bottom = min(top + _BAND, h) + 2 * margin
        histograms = _histograms(wide[:, factor * top : factor * bottom], bins, factor)
        if smoothing:
            shares = _shares(bins, smoothing).to(histograms)
            histograms = torch.einsum("bnhw,bc->cnhw", histograms, shares)
        bands.append(_distances(histograms, kernels))
    return torch.cat(bands, dim=2)


def _distances(histograms: Tensor, kernels: Tensor) -> Tensor:
    """χ² distances of the halves (N, ORIENTATIONS, h, w), without margins."""
    reach = kernels.shape[-1] - 1
    h, w = (size - reach for size in histograms.shape[2:])
    total = histograms.new_zeros(histograms.shape[1], ORIENTATIONS, h, w)
    # Bin by bin, since the convolved maps of one bin fit into the processor's cache.
    for one in histograms[histograms.amax(dim=(1, 2, 3)) > 0]:
        halves = functional.conv2d(one[:, None], kernels)
        difference, both = halves[:, :ORIENTATIONS], halves[:, ORIENTATIONS:]
        total.addcdiv_(difference.square_(), both.clamp_(min=1e-9))
    return total / 2


def _histograms(labels: Tensor, bins: int, factor: int) -> Tensor:
    """Shares of the bins in blocks of factor × factor pixels (bins, N, H/factor, W/factor)."""
    N, H, W = labels.shape
    h, w = H // factor, W // factor
    block = torch.arange(N * h * w, device=labels.device).reshape(N, h, w)
    block = block.repeat_interleave(factor, dim=1).repeat_interleave(factor, dim=2)
    counts = torch.bincount((labels * (N * h * w) + block).flatten(), minlength=bins * N * h * w)
    return counts.reshape(bins, N, h, w).float() / factor**2


@cache
def _half_discs(radius: int, factor: int = 1) -> Tensor:
    """Convolution kernels (ORIENTATIONS + 1, 1, K, K): differences of the halves; last their sum.

    Each slice of the disc between two neighbouring orientations has weight 1, whatever its number
    of pixels; a slice without pixels takes the mean of its neighbours. The weight of a block is
    the sum over its pixels.
    """
    slices = 2 * ORIENTATIONS
    offset = torch.arange(-radius, radius + 1, dtype=torch.float64)
    y, x = torch.meshgrid(offset, offset, indexing="ij")
    turn = torch.atan2(-(y + 0.5), x + 0.5) / (2 * math.pi) % 1
    slice_of = (turn * slices + 1e-9).long() % slices
    weights = functional.one_hot(slice_of, slices).permute(2, 0, 1)
    weights = weights * (x**2 + y**2 <= radius**2)
    weights = weights / weights.sum(dim=(1, 2), keepdim=True).clamp(min=1)
    beside = (weights.roll(1, dims=0) + weights.roll(-1, dims=0)) / 2
    weights = torch.where(weights.any(dim=2).any(dim=1)[:, None, None], weights, beside)
    # A block begins at the corner where the halves meet, which is offset 0.
    before = -radius % factor
    after = -(before + 2 * radius + 1) % factor
    weights = (
        functional.avg_pool2d(functional.pad(weights, (before, after, before, after)), factor)
        * factor**2
    )
    kernels = [
        weights[k : k + ORIENTATIONS].sum(dim=0) * 2 - weights.sum(dim=0)
        for k in range(ORIENTATIONS)
    ]
    return torch.stack([*kernels, weights.sum(dim=0)])[:, None].float()


@cache
def _shares(bins: int, smoothing: float) -> Tensor:
    """The share of each bin that smoothing moves to each other (bins, bins); rows sum to 1."""
    if not smoothing:
        return torch.eye(bins)
    place = torch.arange(bins, dtype=torch.float64)
    distance = (place[:, None] - place).abs()
    share = torch.exp(-(distance**2) / (2 * smoothing**2)) * (distance <= 3 * smoothing)
    return (share / share.sum(dim=1, keepdim=True)).float()
