"""Symmetries of the losses: changes of a feature map that leave its Gram matrices unchanged.

Take a layer whose features have zero mean and unit covariance (`whiten`), and move every feature
vector x to A x + b. The Gram matrix becomes A Aᵀ + b bᵀ, so it stays the identity for every b
shorter than 1 with A Aᵀ = I − b bᵀ: the Gram loss leaves free every shift in the unit ball, with
every rotation. The next layer, taken as linear (y = M x + n), and the cross-layer Gram matrix allow
less:

    Gram matrix of y             changes by n (M b)ᵀ + (M b) nᵀ: none iff M b = 0 or n = 0
    cross-layer Gram of x and y  changes by b nᵀ:                none iff b = 0 or n = 0

Source: Yeh et al. 2020, supplement §1.3 and §3, where "b not of unit length" must read ‖b‖ < 1 and
the factor N before I − b bᵀ is an error. The supplement calls these maps a group, but the
composition of two of them is such a map only on whitened features, so they are a family and not a
group.

Convolutions of r × r places are covered by the supplement's homogeneity, E[x_u x_vᵀ] = I for all
u, v of one window. Then E‖x_u − x_v‖² = 0: each window sees one vector, and a convolution acts as
the matrix Σ_k M_k of its taps. The same code covers both cases; r = 1 is the supplement's
point-sample case.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from transfer.features.statistics import covariance


@dataclass(frozen=True)
class Move:
    """An affine change x ↦ A x + b of every feature vector of a map.

    Attributes:
        shift: b, (C,).
        matrix: A, (C, C).

    """

    shift: Tensor
    matrix: Tensor

    def __call__(self, features: Tensor) -> Tensor:
        """Move every feature vector: (N, C, H, W) → (N, C, H, W)."""
        moved = torch.einsum("cd,ndhw->nchw", self.matrix, features)
        return moved + self.shift[:, None, None]


def symmetry(shift: Tensor, rotation: Tensor | None = None) -> Move:
    """The move with this shift that keeps the Gram matrix of whitened features.

    A is the symmetric square root of I − b bᵀ times `rotation`.

    Args:
        shift: b, (C,), shorter than 1.
        rotation: an orthogonal matrix (C, C), or None for the identity.

    Raises:
        ValueError: The shift has length 1 or more, so I − b bᵀ is not positive definite, or
            `rotation` is not orthogonal.

    """
    squared = float(shift @ shift)
    if squared >= 1:
        raise ValueError(
            f"the shift is {squared**0.5:.3g} long: give one shorter than 1, the Gram matrix of "
            "whitened features leaves no room for more"
        )
    identity = torch.eye(len(shift), dtype=shift.dtype, device=shift.device)
    # (I − b bᵀ)^½ = I − t b bᵀ with t = (1 − √(1 − ‖b‖²)) / ‖b‖², written without dividing by 0.
    matrix = identity - torch.outer(shift, shift) / (1 + (1 - squared) ** 0.5)
    if rotation is not None:
        if not torch.allclose(rotation @ rotation.T, identity, atol=1e-5):
            raise ValueError("the rotation is not orthogonal: R Rᵀ must be the identity")
        matrix = matrix @ rotation
    return Move(shift, matrix)


def whiten(features: Tensor) -> Tensor:
    """The features with zero mean and unit covariance in every image: (N, C, H, W) → the same.

    Raises:
        ValueError: The covariance of an image is singular: it has fewer places than channels, or
            channels that depend on one another.

    """
    values, vectors = torch.linalg.eigh(covariance(features))
    if bool((values[:, 0] <= values[:, -1] * torch.finfo(values.dtype).eps * 100).any()):
        raise ValueError(
            "the covariance of the features is singular: take a map with more places, or fewer "
            "channels"
        )
    centred = features - features.mean(dim=(2, 3), keepdim=True)
    root = vectors * values.rsqrt()[:, None, :] @ vectors.transpose(1, 2)
    return torch.einsum("ncd,ndhw->nchw", root, centred)


def taps(weight: Tensor) -> Tensor:
    """The matrix by which a convolution acts on homogeneous features: (D, C, r, r) → (D, C)."""
    return weight.sum(dim=(2, 3))


def gram_change(shift: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """The change of the Gram matrix of layer 2 by a symmetry of layer 1, (D, D).

    Args:
        shift: b of the symmetry, (C,).
        weight: the convolution from layer 1 to layer 2, (D, C, r, r).
        bias: n, (D,).

    """
    seen = torch.outer(taps(weight) @ shift, bias)
    return seen + seen.T


def cross_gram_change(shift: Tensor, bias: Tensor) -> Tensor:
    """The change of the cross-layer Gram matrix by a symmetry of layer 1, (C, D).

    With n ≠ 0 it is zero for the shift 0 only, whatever the weights are.
    """
    return torch.outer(shift, bias)


def hidden_shift(weight: Tensor, length: float) -> Tensor:
    """A shift (C,) of this length that changes the Gram matrix of neither layer.

    Args:
        weight: the convolution from layer 1 to layer 2, (D, C, r, r).
        length: ‖b‖, below 1 for `symmetry`.

    Raises:
        ValueError: The convolution's matrix has rank C, so every shift changes layer 2.

    """
    matrix = taps(weight)
    channels = matrix.shape[1]
    if (rank := int(torch.linalg.matrix_rank(matrix))) == channels:
        raise ValueError(
            f"the convolution has rank {rank} on {channels} channels and hides no shift: only a "
            "layer 2 of lower rank does"
        )
    rows: Tensor = torch.linalg.svd(matrix, full_matrices=True).Vh
    return rows[-1] * length
