"""Whitening and colouring: the linear map that gives one feature map another's mean and covariance.

All in float64 on the features' device: whitening divides by the square roots of eigenvalues that
may be five orders of magnitude smaller than the largest. Features are (N, C, H, W); P = H · W.

Source: Li et al. 2017 (WCT), equations 2 and 3.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Spread:
    """Mean and covariance of a feature map, and its size, all float64.

    Attributes:
        mean: (N, C, 1).
        covariance: (N, C, C), centred, divided by P − 1.
        size: (N,), the mean square of all values.

    """

    mean: Tensor
    covariance: Tensor
    size: Tensor


def spread(features: Tensor) -> Spread:
    """Mean and covariance of each image's features (N, C, H, W)."""
    x = features.flatten(2).double()
    size = x.square().mean(dim=(1, 2))
    mean = x.mean(dim=2, keepdim=True)
    x = x - mean
    covariance = torch.bmm(x, x.transpose(1, 2)) / max(x.shape[2] - 1, 1)
    return Spread(mean, covariance, size)


def covariance_power(of: Spread, exponent: float, threshold: float) -> Tensor:
    """The covariance to the power ½ (colouring) or −½ (whitening), (N, C, C).

    Directions whose variance is not above `threshold` × the features' mean square are left out,
    as Li et al. leave out eigenvalues below 1e-5. Theirs is absolute, for features of size 1; this
    one has the same meaning for every encoder, and removes the rounding errors of a plain colour. A
    covariance that is not finite gives such a matrix, and does not affect the other images.
    """
    finite = of.covariance.isfinite().all(dim=2, keepdim=True).all(dim=1, keepdim=True)
    values, vectors = torch.linalg.eigh(torch.where(finite, of.covariance, 0.0))
    kept = values > threshold * of.size[:, None]
    powers = torch.where(kept, values.clamp_min(torch.finfo(values.dtype).tiny), 1.0)
    powers = torch.where(kept, powers.pow(exponent), 0.0)
    power = torch.bmm(vectors * powers[:, None], vectors.transpose(1, 2))
    return torch.where(finite, power, torch.nan)


def apply(matrix: Tensor, shift: Tensor, features: Tensor) -> Tensor:
    """`matrix` (N, C, C) · F + `shift` (N, C, 1) at every place, in the precision of `features`."""
    places = features.flatten(2)
    mapped = torch.baddbmm(shift.to(places), matrix.to(places), places)
    return mapped.reshape(features.shape)
