"""Statistics of feature maps: Gram, covariance, cross-layer Gram, channel means, quantiles.

Everything is batched and differentiable: images of a batch never mix. A feature map F of a layer
is (N, C, H, W); P = H · W is its number of places. Where results are called "per place" they are
divided by P, so that pictures of different sizes compare.

The second moments define their own gradient. For G = F Fᵀ / P and an upstream gradient M it is
(M + Mᵀ) F / P, one product instead of the two of automatic differentiation, in the memory
layout of F, so that it is added to the convolutions' gradients without a transposition.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.nn import functional

_WITHIN_CACHES = 1 << 16
"""Values that are sorted at once: half a megabyte of keys."""


def gram(features: Tensor) -> Tensor:
    """The Gram matrix F Fᵀ / P, (N, C, H, W) → (N, C, C).

    Source: Gatys et al. 2016, equation 3 (G_ij = Σ_k F_ik F_jk), here divided by P as in
    the authors' own code (PytorchNeuralStyleTransfer, `GramMatrix`).
    """
    result: Tensor = _Moment.apply(_places(features), False)
    return result


def covariance(features: Tensor) -> Tensor:
    """The centred covariance (F − μ)(F − μ)ᵀ / P = gram − μμᵀ, (N, C, H, W) → (N, C, C).

    Source: Yeh et al. 2020, supplement §1.2, with both layers the same.
    """
    result: Tensor = _Moment.apply(_places(features), True)
    return result


def cross_gram(fine: Tensor, coarse: Tensor) -> Tensor:
    """The cross-layer Gram matrix F_fine · ↑F_coarseᵀ / P.

    ↑ enlarges the coarse map to the fine one's size by nearest neighbour; P is the fine map's.

    Args:
        fine: (N, C, H, W).
        coarse: (N, D, h, w) with h ≤ H and w ≤ W.

    Returns:
        (N, C, D).

    Source: Yeh & Tang 2018 (arXiv 1801.01933) for the matrix; nearest neighbour and the division
    as in Novak & Nikulin 2016 and public code of it.

    """
    result: Tensor = _CrossMoment.apply(*_aligned(fine, coarse), False)
    return result


def cross_covariance(fine: Tensor, coarse: Tensor) -> Tensor:
    """The cross-layer Gram matrix of features minus their channel means, / P: (N, C, D).

    Source: Yeh et al. 2020, supplement §1.2, Cov^{l,m}; arguments as in `cross_gram`.
    """
    result: Tensor = _CrossMoment.apply(*_aligned(fine, coarse), True)
    return result


def channel_means(features: Tensor) -> Tensor:
    """The mean of every channel over its places, (N, C, H, W) → (N, C).

    Source: Yeh et al. 2020, supplement §1.2.
    """
    return features.mean(dim=(2, 3))


def quantiles(features: Tensor) -> Tensor:
    """The values of every channel in ascending order, (N, C, H, W) → (N, C, P).

    The mean squared difference of two such is the smallest that a rearrangement of the places can
    reach (the squared Wasserstein-2 distance of the channels' histograms), and so the histogram
    loss ‖F − R(F)‖² of Risser et al. 2017 (arXiv 1701.08893, §4.2) with R(F) matched exactly and
    held fixed: both have the same value and the same gradient.
    """
    result: Tensor = _Sorted.apply(features)
    return result


def resampled_quantiles(values: Tensor, places: int) -> Tensor:
    """Ascending values (N, C, P) as they would be for another number of places, (N, C, `places`).

    The i-th of P values is taken as the quantile (i + ½)/P; between quantiles it is linear. Where
    the numbers of places are equal the values are unchanged.
    """
    if values.shape[2] == places:
        return values
    return functional.interpolate(values, size=places, mode="linear", align_corners=False)


def _places(features: Tensor) -> Tensor:
    """(N, C, H, W) → (N, P, C) without a copy, in either memory format."""
    return features.flatten(2).transpose(1, 2)


def _aligned(fine: Tensor, coarse: Tensor) -> tuple[Tensor, Tensor]:
    """The two maps as (N, P, C) and (N, P, D) over common places, with the same mean product.

    Where the fine map is a whole multiple of the coarse one, Σ_p F_p · (↑G)_pᵀ adds up each block
    of F before the product with G's one value there: averaging the fine map is exact and takes a
    quarter of the work of enlarging the coarse one.
    """
    (height, width), (small_height, small_width) = fine.shape[-2:], coarse.shape[-2:]
    if small_height > height or small_width > width:
        raise ValueError(
            f"the first map must be the finer one, got {height}×{width} and "
            f"{small_height}×{small_width}"
        )
    if height % small_height == 0 and width % small_width == 0:
        block = (height // small_height, width // small_width)
        if block != (1, 1):
            fine = functional.avg_pool2d(fine, block)
    else:
        coarse = functional.interpolate(coarse, size=(height, width), mode="nearest")
    return _places(fine), _places(coarse)


def _centred(places: Tensor) -> Tensor:
    """(N, P, C) minus the mean over its places.

    XᵀX / P − μμᵀ would need no copy, but rounding relative to the Gram matrix. Where features
    hardly vary, as at the noise start, that is most of the covariance's gradient.
    """
    return places - places.mean(dim=1, keepdim=True)


def _product(places: Tensor, matrix: Tensor) -> Tensor:
    """`places` (N, P, C) · `matrix` (N, C, D), in the memory layout of `places`.

    Transposed places are a contiguous (N, C, H, W) map, whose gradient must be one as well.
    """
    if places.is_contiguous():
        return torch.bmm(places, matrix)
    return torch.bmm(matrix.transpose(1, 2), places.transpose(1, 2)).transpose(1, 2)


class _Moment(torch.autograd.Function):
    """XᵀX / P for X (N, P, C), with `centred` minus its mean."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, centred: bool) -> Tensor:
        x = _centred(x) if centred else x
        ctx.save_for_backward(x)
        return torch.bmm(x.transpose(1, 2), x) / x.shape[1]

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, upstream: Tensor) -> tuple[Tensor, None]:
        (x,) = ctx.saved_tensors
        return _product(x, (upstream + upstream.transpose(1, 2)) / x.shape[1]), None


class _CrossMoment(torch.autograd.Function):
    """XᵀY / P for X (N, P, C) and Y (N, P, D), with `centred` minus their means."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, y: Tensor, centred: bool) -> Tensor:
        if centred:
            x, y = _centred(x), _centred(y)
        ctx.save_for_backward(x, y)
        return torch.bmm(x.transpose(1, 2), y) / x.shape[1]

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, upstream: Tensor) -> tuple[Tensor, Tensor, None]:
        x, y = ctx.saved_tensors
        matrix = upstream / x.shape[1]
        return _product(y, matrix.transpose(1, 2)), _product(x, matrix), None


class _Sorted(torch.autograd.Function):
    """The values of every channel in ascending order, (N, C, H, W) → (N, C, P)."""

    @staticmethod
    def forward(ctx: Any, features: Tensor) -> Tensor:
        values = features.flatten(2).contiguous()
        order = ascending_order(values)
        ctx.save_for_backward(order)
        ctx.shape = features.shape
        ctx.last = features.is_contiguous(memory_format=torch.channels_last)
        return values.gather(2, order)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, upstream: Tensor) -> Tensor:
        (order,) = ctx.saved_tensors
        gradient = torch.empty_like(upstream).scatter_(2, order, upstream)
        layout = torch.channels_last if ctx.last else torch.contiguous_format
        return gradient.reshape(ctx.shape).contiguous(memory_format=layout)


def ascending_order(values: Tensor) -> Tensor:
    """The places of each row's values, the smallest first and of equal ones the first: (…, P).

    On a CPU a float32 and its place are packed into one integer, because numpy sorts single
    integers in vector registers, several times faster than pairs.
    """
    if values.dtype is not torch.float32 or values.device.type != "cpu":
        return values.sort(dim=-1, stable=True).indices
    places = np.arange(values.shape[-1])
    order = torch.empty(values.shape, dtype=torch.int64)
    rows, ordered = (each.reshape(-1, len(places)).numpy() for each in (values, order))
    few = max(1, _WITHIN_CACHES // len(places))
    for start in range(0, len(rows), few):
        keys = ordered[start : start + few]
        bits = (rows[start : start + few] + np.float32(0)).view(np.int32)  # −0 becomes 0
        # Read as integers, negative floats run backwards: all their bits but the sign turn.
        bits ^= (bits >> 31) & 0x7FFFFFFF
        np.left_shift(bits, 32, out=keys, dtype=np.int64)
        keys |= places
        keys.sort(axis=-1)
        keys &= 0xFFFFFFFF
    return order
