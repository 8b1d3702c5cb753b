"""The four channels of mPb as quantised maps: brightness, a, b and textons (section 3.1)."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from scipy.special import dawsn
from torch import Tensor
from torch.nn import functional

from metrics.boundaries.gpb.grids import mirror

GAMMA = 2.5  # of the picture, before the conversion to Lab
_AB_LOWEST, _AB_RANGE = -73.0, 168.0  # of a and b in pictures, mapped to [0, 1]
_GREY = (0.2989, 0.5870, 0.1140)
_TO_XYZ = (
    (0.412453, 0.357580, 0.180423),
    (0.212671, 0.715160, 0.072169),
    (0.019334, 0.119193, 0.950227),
)
_WHITE = (0.950456, 1.0, 1.088754)  # D65

ORIENTATIONS = 8
_SCALES = (2.0, 2.0 * math.sqrt(2.0))  # of the texton filters, in pixels
_ELONGATION = 3.0
_CENTRE_SURROUND = math.sqrt(2.0)
TEXTONS = 64
_FAINT = 1e-4  # responses to pictures in [0, 1], whose levels are 4e-3 apart
_ITERATIONS = 10
_SAMPLE = 12_000  # pixels that are clustered


def lab(images: Tensor) -> Tensor:
    """L, a and b in [0, 1] (N, 3, H, W) of RGB pictures in [0, 1] (N, 3, H, W)."""
    matrix = images.new_tensor(_TO_XYZ) / images.new_tensor(_WHITE)[:, None]
    x, y, z = torch.einsum("ij,njhw->inhw", matrix, images.clamp(0, 1) ** GAMMA)
    fx, fy, fz = (
        torch.where(v > 0.008856, v.clamp(min=1e-9) ** (1 / 3), 7.787 * v + 16 / 116)
        for v in (x, y, z)
    )
    brightness = torch.where(y > 0.008856, 116 * fy - 16, 903.3 * y) / 100
    red_green = (500 * (fx - fy) - _AB_LOWEST) / _AB_RANGE
    yellow_blue = (200 * (fy - fz) - _AB_LOWEST) / _AB_RANGE
    return torch.stack([brightness, red_green, yellow_blue], dim=1).clamp(0, 1)


def quantise(maps: Tensor, bins: int) -> Tensor:
    """The bin 0 … bins − 1 of every value in [0, 1]."""
    return (maps * bins).long().clamp(0, bins - 1)


def textons(images: Tensor, seeds: Sequence[int]) -> Tensor:
    """The texton 0 … TEXTONS − 1 of every pixel of RGB pictures (N, 3, H, W).

    Textons are learned from each picture alone, by k-means on the responses to a bank of Gaussian
    derivative filters (Malik, Belongie, Leung and Shi, IJCV 43(1), 2001), independently of other
    pictures in the batch.

    Returns:
        (S, N, H, W) for S seeds of k-means.

    """
    grey = torch.einsum("c,nchw->nhw", images.new_tensor(_GREY), images)
    found = []
    for one in grey:
        responses = _responses(one)
        found.append(torch.stack([_cluster(responses, seed) for seed in seeds]))
    return torch.stack(found, dim=1).reshape(len(seeds), *grey.shape)


def _responses(grey: Tensor) -> Tensor:
    """Responses (H·W, filters) of one picture (H, W)."""
    bank = filter_bank().to(grey)
    margin = bank.shape[-1] // 2
    wide = mirror(grey, margin, margin, margin, margin)
    size = wide.shape
    spectrum = torch.fft.rfft2(wide)
    # A product of spectra is a circular convolution; only the part without wrapping is kept.
    responses = torch.fft.irfft2(spectrum * torch.fft.rfft2(bank, s=size), s=size)
    inside = responses[:, 2 * margin :, 2 * margin :]
    responses = inside.reshape(len(bank), -1).T
    # In flat parts the transform leaves rounding errors, which must not be clustered.
    return torch.where(responses.abs() > _FAINT, responses, 0).contiguous()


def filter_bank() -> Tensor:
    """34 filters: per scale even and odd at 8 orientations, and one centre-surround; (34, K, K).

    Even filters are second derivatives of Gaussians across, `_ELONGATION` times as long along; odd
    ones their Hilbert transforms. All have mean 0 and absolute sum 1.
    """
    radius = math.ceil(3 * max(_SCALES))
    axis = torch.arange(-radius, radius + 1, dtype=torch.float64)
    y, x = torch.meshgrid(axis, axis, indexing="ij")
    filters = []
    for scale in _SCALES:
        square = x**2 + y**2
        inside = (x.abs() <= 3 * scale) & (y.abs() <= 3 * scale)
        for k in range(ORIENTATIONS):
            angle = k * math.pi / ORIENTATIONS
            across = (x * math.cos(angle) + y * math.sin(angle)) * _ELONGATION / scale
            along = (y * math.cos(angle) - x * math.sin(angle)) / scale
            envelope = torch.exp(-(along**2) / 2) * inside
            filters.append(envelope * (across**2 - 1) * torch.exp(-(across**2) / 2))
            filters.append(envelope * _odd_profile(across))
        centre, surround = (
            torch.exp(-square / (2 * width)) / width
            for width in (scale**2 / _CENTRE_SURROUND**2, scale**2)
        )
        filters.append((surround - centre) * inside)
    bank = torch.stack([one - one.mean() for one in filters])
    return (bank / bank.abs().sum(dim=(1, 2), keepdim=True)).float()


def _odd_profile(u: Tensor) -> Tensor:
    """The Hilbert transform of the second derivative of exp(−u²/2).

    That of the Gaussian itself is 2/√π · D(u/√2) with Dawson's function D; D′ = 1 − 2xD.
    """
    x = u / math.sqrt(2)
    dawson = torch.from_numpy(dawsn(x.numpy()))
    return 2 / math.sqrt(math.pi) * ((2 * x**2 - 1) * dawson - x)


def _cluster(points: Tensor, seed: int) -> Tensor:
    """K-means: the index of the nearest of TEXTONS centres for each point (P, F); (P,)."""
    random = torch.Generator().manual_seed(seed)
    order = torch.randperm(len(points), generator=random)[:_SAMPLE].to(points.device)
    sample = points[order]
    centres = sample[:TEXTONS].clone()
    for _ in range(_ITERATIONS):
        member = functional.one_hot(_nearest(sample, centres), len(centres)).to(sample)
        size = member.sum(dim=0)[:, None]
        # A centre without points does not move.
        centres = torch.where(size > 0, member.T @ sample / size.clamp(min=1), centres)
    return _nearest(points, centres)


def _nearest(points: Tensor, centres: Tensor) -> Tensor:
    return (centres.square().sum(dim=1) - 2 * points @ centres.T).argmin(dim=1)
