"""Sliced Wasserstein distance of two sets of vectors: features of places, or colours of pixels.

Rabin, Peyré, Delon & Bernot 2012; for features Heitz, Vanhoey, Chambon & Belcour 2021 (CVPR),
equation 4. The mean, over directions, of the squared Wasserstein-2 distance of the projections;
that of two sets of unequal sizes is exact. The directions are drawn once, from a fixed seed.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

Array = npt.NDArray[np.float64]

SEED = 0


def directions(dimension: int, many: int, seed: int = SEED) -> Tensor:
    """Unit vectors (many, dimension), float64, uniform on the sphere; the same for every call."""
    normal = np.random.default_rng([seed, dimension]).standard_normal((many, dimension))
    return torch.from_numpy(normal / np.linalg.norm(normal, axis=1, keepdims=True))


def squared_distance(one: Tensor, other: Tensor, along: Tensor) -> float:
    """Mean squared W2 over directions `along` (D, C) of vectors (C, P) and (C, Q)."""
    along = along.to(one.device)
    # NumPy sorts some ten times as fast as torch, which also keeps the order.
    first, second = (np.sort((along @ each).cpu().numpy(), axis=1) for each in (one, other))
    return float(quantile_distance(first, second).mean())


def quantile_distance(one: Array, other: Array) -> Array:
    """Squared W2 (D,) between ascending values (D, P) and (D, Q), each value of weight 1/P or 1/Q.

    ∫₀¹ (F⁻¹(u) − G⁻¹(u))² du, where both quantile functions are steps: a sum over the pieces
    between their jumps.
    """
    p, q = one.shape[1], other.shape[1]
    if p == q:
        return np.asarray(((one - other) ** 2).mean(axis=1))
    common = math.lcm(p, q)
    jumps = np.union1d(np.arange(p + 1) * (common // p), np.arange(q + 1) * (common // q))
    weight = np.diff(jumps) / common
    first, second = jumps[:-1] // (common // p), jumps[:-1] // (common // q)
    return np.asarray(((one[:, first] - other[:, second]) ** 2) @ weight)


def feature_wasserstein(stimulus: Mapping[str, Tensor], style: Mapping[str, Tensor]) -> float:
    """The sum over layers of features, layer → (1, C, H, W); ≥ 0, lower is better.

    As many directions as a layer has channels (Heitz et al. 2021, section 3).
    """
    total = 0.0
    for layer in style:
        one, other = (features[layer][0].flatten(1).double() for features in (stimulus, style))
        total += squared_distance(one, other, directions(len(one), len(one)))
    return total
