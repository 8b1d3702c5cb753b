"""Symmetries of Gram matrices and of cross-layer Gram matrices (seed 000 §1 and §3).

Features of a first layer are rows X (N, C) with mean zero and covariance I, those of the second
Y = X Mᵀ + 1nᵀ with M (D, C) and n (D,). An affine action X* = X Aᵀ + 1bᵀ with ‖b‖ < 1 and
A Aᵀ = I − bbᵀ keeps the first layer's Gram matrix. `docs/symmetry.md` says what follows.
"""

from __future__ import annotations

import torch
from torch import Tensor


def whitened(features: Tensor) -> Tensor:
    """Rows (N, C) shifted and mixed to mean zero and covariance I; N > C and full rank."""
    centred = features - features.mean(dim=0)
    factor = torch.linalg.cholesky(centred.T @ centred / len(centred))
    white: Tensor = torch.linalg.solve_triangular(factor, centred.T, upper=False).T
    return white


def mixing(shift: Tensor, rotation: Tensor) -> Tensor:
    """A (C, C) with A Aᵀ = I − bbᵀ for a `shift` b (C,) and an orthonormal `rotation` (C, C).

    Raises:
        ValueError: b is not shorter than 1, so that I − bbᵀ has no factor.

    """
    if not shift.norm() < 1:
        raise ValueError(f"the shift must be shorter than 1, got {float(shift.norm()):g}")
    rest = torch.eye(len(shift), dtype=shift.dtype) - torch.outer(shift, shift)
    mixed: Tensor = torch.linalg.cholesky(rest) @ rotation
    return mixed


def acted_on(features: Tensor, shift: Tensor, rotation: Tensor) -> Tensor:
    """X* = X Aᵀ + 1bᵀ for rows X (N, C)."""
    return features @ mixing(shift, rotation).T + shift


def gram_of(rows: Tensor, others: Tensor) -> Tensor:
    """XᵀY / N for rows X (N, C) and Y (N, D): (C, D). The Gram matrix where both are the same."""
    return rows.T @ others / len(rows)


def free_shifts(matrix: Tensor) -> Tensor:
    """An orthonormal basis (C, K) of the b with M b = 0 for M (D, C); K = C − rank M."""
    _, values, directions = torch.linalg.svd(matrix, full_matrices=True)
    rounding = torch.finfo(matrix.dtype).eps * max(matrix.shape)
    rank = int((values > rounding * values.max()).sum())
    basis: Tensor = directions[rank:].T
    return basis


def stacked(vectors: Tensor, window: int) -> Tensor:
    """ψ of the homogeneous case: `window` copies of each vector side by side, (…, window · C)."""
    return vectors.repeat(*[1] * (vectors.ndim - 1), window)
