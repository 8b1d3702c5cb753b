"""Gaussians fitted to feature maps, and the Kullback-Leibler divergence between them.

All computations use float64, whatever the type of the features: the smallest eigenvalues of a
covariance dominate the divergence, and float32 does not represent them.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

NOISE = 1e-6
"""Share of the features' mean square below which a variance counts as zero.

Rounding a picture to 8 bits alone causes variances of 1e-8 … 5e-6 of the mean square (measured at
relu1_1 … relu5_1 of three encoders). A direction in which the style varies less is a channel
without response; its inverse variance would dominate E.
"""
LEAST_RATIO = 1e-12
"""Ratio of two variances below which the first counts as zero."""


@dataclass(frozen=True)
class Gaussian:
    """Mean and covariance of N feature maps at one layer.

    Attributes:
        mean: (N, C) float64.
        covariance: (N, C, C) float64, centred, divided by the number of positions.
        positions: H · W, the sample size; a covariance has at most `positions` − 1 as its rank.

    """

    mean: Tensor
    covariance: Tensor
    positions: int

    def project(self, vectors: Tensor) -> Gaussian:
        """The Gaussian of the features' coordinates along the columns of `vectors` (C, k)."""
        vectors = vectors.to(self.mean)
        return Gaussian(self.mean @ vectors, vectors.mT @ self.covariance @ vectors, self.positions)

    def leading(self, rank: int) -> Gaussian:
        """The Gaussian of the first `rank` coordinates."""
        return Gaussian(self.mean[:, :rank], self.covariance[:, :rank, :rank], self.positions)

    def mean_square(self) -> Tensor:
        """E‖f‖², (N,): the scale to which variances are compared."""
        trace: Tensor = self.covariance.diagonal(dim1=-2, dim2=-1).sum(-1)
        return trace + self.mean.square().sum(-1)


def fit(features: Tensor) -> Gaussian:
    """Mean and centred covariance over the positions of each of the N feature maps (N, C, H, W)."""
    flat = features.detach().flatten(2).double()
    if flat.data_ptr() == features.data_ptr():
        flat = flat.clone()  # already float64: the caller's tensor must not be centred
    positions = flat.shape[2]
    mean = flat.mean(2)
    flat -= mean[:, :, None]
    covariance = flat @ flat.mT / positions
    # Matrix products differ in the last bit on the two sides of the diagonal.
    return Gaussian(mean, (covariance + covariance.mT) / 2, positions)


def numerical_rank(covariance: Tensor, scale: float) -> int:
    """The largest r for which the leading r × r block of `covariance` (k, k) is not singular.

    A block counts as singular if its least eigenvalue is at most NOISE · `scale`. The leading block
    is used, not the number of large eigenvalues, because coordinates remain those of the basis. The
    least eigenvalue falls as the block grows (Cauchy's interlacing), so a bisection finds r.
    """
    if not (scale > 0):
        return 0
    rank, singular = 0, covariance.shape[-1] + 1
    trial = singular - 1
    while singular - rank > 1:
        least = torch.linalg.eigvalsh(covariance[:trial, :trial])[0]
        if float(least) > NOISE * scale:
            rank = trial
        else:
            singular = trial
        trial = (rank + singular) // 2
    return rank


def divergence(first: Gaussian, second: Gaussian) -> tuple[Tensor, Tensor]:
    """KL(first ‖ second) in nats for each of N Gaussians against one, both of k coordinates.

    KL = ½ [tr(Σ₂⁻¹Σ₁) + (μ₂−μ₁)ᵀ Σ₂⁻¹ (μ₂−μ₁) − k + ln |Σ₂|/|Σ₁|]. In coordinates that whiten the
    second (Σ₂ = LLᵀ) this is ½ [Σᵢ (wᵢ − 1 − ln wᵢ) + ‖L⁻¹(μ₂−μ₁)‖²] with wᵢ the eigenvalues of
    L⁻¹Σ₁L⁻ᵀ: every term is non-negative, so nothing cancels. Not symmetric in its arguments.

    Args:
        first: mean (N, k), covariance (N, k, k); may be singular.
        second: mean (1, k), covariance (1, k, k), positive definite.

    Returns:
        The divergences (N,), finite and ≥ 0; and (N,) booleans, true where the first covariance
        is singular. The divergence there is infinite; ratios wᵢ below LEAST_RATIO are taken as
        LEAST_RATIO, which keeps it finite: 13.3 nats for each direction that does not vary.

    """
    factor = torch.linalg.cholesky(second.covariance)
    half = torch.linalg.solve_triangular(factor, first.covariance, upper=False)
    ratios = torch.linalg.eigvalsh(torch.linalg.solve_triangular(factor, half.mT, upper=False))
    singular = (ratios < LEAST_RATIO).any(-1)
    ratios = ratios.clamp_min(LEAST_RATIO)
    shift = torch.linalg.solve_triangular(
        factor, (second.mean - first.mean)[:, :, None], upper=False
    )
    spread = (ratios - 1 - ratios.log()).sum(-1)
    return (spread + shift.square().sum((-2, -1))) / 2, singular
