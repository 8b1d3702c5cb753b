"""Iterative feature transformation: gradient steps on features towards a style's second moments.

    l(F) = ‖F − F⁽ʲ⁾‖² + λ ‖FFᵀ/n − S‖²,   S = Σ_k w_k F_k F_kᵀ / m_k

for features F (C, n) of n places and styles F_k (C, m_k) of weights w_k. S is not centred.

Source: "Iterative Feature Transformation for Fast and Versatile Universal Style Transfer" (Chiu &
Gurari 2020, ECCV), supplement §1, equations 1 and 27.
"""

from __future__ import annotations

import torch
from torch import Tensor

_ABSENT = 1e-12  # share of the largest eigenvalue: features are float32, with rounding of 1e-14


def second_moment(places: Tensor) -> Tensor:
    """FFᵀ/n of (N, C, n), (N, C, C)."""
    return torch.bmm(places, places.transpose(1, 2)) / places.shape[2]


def loss(features: Tensor, anchor: Tensor, moment: Tensor, strength: float) -> Tensor:
    """Equation 1 for F and F⁽ʲ⁾ (N, C, n) and S (N, C, C), (N,); `strength` is λ."""
    content = (features - anchor).square().sum(dim=(1, 2))
    style = (second_moment(features) - moment).square().sum(dim=(1, 2))
    return content + strength * style


def gradient(features: Tensor, anchor: Tensor, moment: Tensor, strength: float) -> Tensor:
    """Equation 27: 2(F − F⁽ʲ⁾) + (4λ/n)(FFᵀ/n − S)F, (N, C, n)."""
    gap = second_moment(features) - moment
    return 2 * (features - anchor) + 4 * strength / features.shape[2] * torch.bmm(gap, features)


def steps_as_matrix(
    own: Tensor, moment: Tensor, strength: Tensor, *, rate: float, steps: int
) -> Tensor:
    """`steps` steps of gradient descent from F = F⁽ʲ⁾, as one matrix A (N, C, C) with F = A F⁽ʲ⁾.

    The steps start at F⁽ʲ⁾ and every gradient is a matrix times it: with G = F⁽ʲ⁾F⁽ʲ⁾ᵀ/n,

        A ← A − η [2 (A − 1) + (4λ/n)(A G Aᵀ − S) A],

    so that the number of places matters only for G and for the product at the end. Ours; the same
    numbers as steps on F (tests/transfer/features/test_iterative.py). In directions that F⁽ʲ⁾ does
    not have, A changes nothing of F but would grow without bound: there it stays the identity.

    Args:
        own: G, (N, C, C).
        moment: S, (N, C, C).
        strength: λ/n of each image, (N,).
        rate: η.
        steps: their number, n_upd in the source.

    """
    identity = torch.eye(own.shape[1], dtype=own.dtype, device=own.device).expand_as(own)
    factor = 4 * strength.to(own)[:, None, None]
    values, vectors = torch.linalg.eigh(own)
    present = vectors * (values > _ABSENT * values[:, -1:])[:, None]
    present = torch.bmm(present, present.transpose(1, 2))
    matrix = identity
    for _ in range(steps):
        gap = torch.bmm(torch.bmm(matrix, own), matrix.transpose(1, 2)) - moment
        slope = 2 * (matrix - identity) + factor * torch.bmm(gap, matrix)
        matrix = matrix - rate * torch.bmm(slope, present)
    return matrix


def largest_eigenvalue(moment: Tensor) -> Tensor:
    """‖S‖ of symmetric (N, C, C), (N,)."""
    values: Tensor = torch.linalg.eigvalsh(moment)
    return values[:, -1]
