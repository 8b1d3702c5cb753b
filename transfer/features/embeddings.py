"""Kernel mean embeddings of the distributions of feature maps.

If k(x, y) = φ(x)ᵀφ(y), then MMD² is the squared distance of the two means of φ. With a finite φ
that mean is a statistic of a feature map like a Gram matrix, costs O(P), and needs no pairs of
positions. For each kernel of Li et al. 2017 (arXiv 1701.01036, §4.2):

    linear         φ(x) = x: the channel means
    polynomial     of degree 2: xxᵀ and √(2c) x, hence the Gram matrix and the means; of a higher
                   degree: products of random projections
    Gaussian       random cosines
    batch-norm     no kernel: means and standard deviations of the channels (§4.3)

Random projections are drawn on the CPU from a fixed seed, so a statistic is the same function of
its features everywhere. Feature maps are (N, C, H, W), statistics (N, D).
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import torch
from torch import Tensor

from transfer.features.statistics import channel_means, gram

SEED = 1701_01036
COSINES = 512
"""Ours: random features of the Gaussian kernel. The error of MMD² falls with 1/√D; with 512 it was
below a tenth of the squared distance of two styles (tests/transfer/features/test_embeddings.py)."""
PRODUCTS = 2048
"""Ours: random features of polynomials of degree 3 and 4, whose products vary more."""
BLOCK = 512
"""Places whose waves are computed at once: 1 MB of them for 512 frequencies in float32."""
_TINY = 1e-12


def linear(features: Tensor) -> Tensor:
    """Channel means: ‖Δ‖² is MMD² with k = xᵀy."""
    return channel_means(features)


def polynomial(features: Tensor, offset: float, degree: float) -> Tensor:
    """The mean embedding of (xᵀy + c)^d; ‖Δ‖² is MMD², exactly for d ≤ 2.

    Degrees above 2 use random products of projections, whose mean over the projections is the
    kernel (Kar & Karnick 2012, "Random Feature Maps for Dot Product Kernels", AISTATS, algorithm 1,
    for one degree); c joins the features as one more channel √c.
    """
    if degree == 1:
        return channel_means(features)
    if degree == 2:
        second = gram(features).flatten(1)
        if not offset:
            return second
        return torch.cat([second, (2 * offset) ** 0.5 * channel_means(features)], dim=1)
    places = features.flatten(2)
    if offset:
        constant = torch.full_like(places[:, :1], offset**0.5)
        places = torch.cat([places, constant], dim=1)
    signs = _signs(places.shape[1], int(degree)).to(places)
    products = (signs[0] @ places) * (signs[1] @ places)
    for factor in signs[2:]:
        products = products * (factor @ places)
    embedding: Tensor = products.mean(dim=2) / PRODUCTS**0.5
    return embedding


def gaussian(features: Tensor, variance: Tensor) -> Tensor:
    """The mean embedding of exp(−‖x − y‖² / (2σ²)) for σ² = `variance` (N,), (N, 2 · COSINES).

    Source: Rahimi & Recht 2007, "Random Features for Large-Scale Kernel Machines", algorithm 1,
    with cosine and sine of each frequency.
    """
    places = features.flatten(2)
    scale = variance.to(places).clamp_min(_TINY).sqrt()[:, None, None]
    sums: Tensor = _SumOfWaves.apply(places, _frequencies(places.shape[1]).to(places) / scale)
    return sums / (places.shape[2] * math.sqrt(COSINES))


class _SumOfWaves(torch.autograd.Function):
    """Σ cos(Ω x) and Σ sin(Ω x) over places x (N, C, P) for frequencies Ω (N, D, C), (N, 2D).

    Places are taken in blocks that fit into the processor's cache, and waves are computed again for
    the gradient instead of being kept: a fifth of the time, and none of the memory, of the waves of
    all places (N, 2D, P). There is no gradient to Ω, which depends on the target alone.
    """

    @staticmethod
    def forward(context: Any, places: Tensor, frequencies: Tensor) -> Tensor:
        context.save_for_backward(places, frequencies)
        sums = places.new_zeros(len(places), 2, frequencies.shape[1])
        for block in _blocks(places):
            angles = frequencies @ block
            sums[:, 0] += angles.cos().sum(dim=2)
            sums[:, 1] += angles.sin_().sum(dim=2)
        return sums.flatten(1)

    @staticmethod
    def backward(context: Any, gradient: Tensor) -> tuple[Tensor, None]:
        places, frequencies = context.saved_tensors
        of_cosines, of_sines = gradient.reshape(len(gradient), 2, -1).unbind(dim=1)
        backwards = frequencies.transpose(1, 2)
        parts = []
        for block in _blocks(places):
            angles = frequencies @ block
            slopes = angles.cos().mul_(of_sines[:, :, None])
            slopes -= angles.sin_().mul_(of_cosines[:, :, None])
            parts.append(backwards @ slopes)
        return torch.cat(parts, dim=2), None


def _blocks(places: Tensor) -> list[Tensor]:
    """The places (N, C, P) in blocks of BLOCK, the last one shorter."""
    return [places[:, :, start : start + BLOCK] for start in range(0, places.shape[2], BLOCK)]


def mean_squared_distance(features: Tensor) -> Tensor:
    """E‖x − x'‖² of two positions of a map, (N,): twice the trace of its covariance.

    σ² of the Gaussian kernel is half of it, so that k = exp(−‖x − y‖² / E‖x − x'‖²).

    Source: γ = 1 / mean squared distance in the authors' code of Li et al. 2017
    (lyttonhao/Neural-Style-MMD); that it is the style's is ours, so that the loss does not change
    while the image does.
    """
    return 2 * features.flatten(2).var(dim=2, correction=0).sum(dim=1)


def batch_norm(features: Tensor) -> Tensor:
    """Means and standard deviations of the channels, (N, 2C).

    Source: Li et al. 2017, §4.3 (batch-normalisation statistics). The root's gradient is
    bounded by a variance of 1e-12 below which a channel counts as constant.
    """
    variance, mean = torch.var_mean(features.flatten(2), dim=2, correction=0)
    return torch.cat([mean, (variance + _TINY).sqrt()], dim=1)


@lru_cache(maxsize=16)
def _frequencies(channels: int) -> Tensor:
    generator = torch.Generator().manual_seed(SEED)
    return torch.randn(COSINES, channels, generator=generator)


@lru_cache(maxsize=16)
def _signs(channels: int, degree: int) -> Tensor:
    generator = torch.Generator().manual_seed(SEED + degree)
    return torch.randint(0, 2, (degree, PRODUCTS, channels), generator=generator) * 2.0 - 1.0
