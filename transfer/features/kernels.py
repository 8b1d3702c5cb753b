"""Kernels k(x, y) on vectors, for the maximum mean discrepancy.

Every kernel takes x (…, n, d) and y (…, m, d). `matrix` gives all k(x_i, y_j), (…, n, m); `pairs`
gives k(x_i, y_i) of two lists of one length, (…, n).

Source of the choice of kernels: Li et al. 2017, "Demystifying Neural Style Transfer" (IJCAI,
arXiv 1701.01036), §4.2, table 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from torch import Tensor


class Kernel(Protocol):
    """A symmetric, positive semi-definite function of two vectors."""

    def matrix(self, x: Tensor, y: Tensor) -> Tensor:
        """All k(x_i, y_j), (…, n, m)."""

    def pairs(self, x: Tensor, y: Tensor) -> Tensor:
        """k(x_i, y_i), (…, n)."""


@dataclass(frozen=True)
class Linear:
    """k(x, y) = xᵀy."""

    def matrix(self, x: Tensor, y: Tensor) -> Tensor:
        """All k(x_i, y_j)."""
        return x @ y.transpose(-1, -2)

    def pairs(self, x: Tensor, y: Tensor) -> Tensor:
        """k(x_i, y_i)."""
        return (x * y).sum(dim=-1)


@dataclass(frozen=True)
class Polynomial:
    """k(x, y) = (xᵀy + c)^d with c ≥ 0 and a whole d ≥ 1. c = 0, d = 2 gives Gram matrices."""

    offset: float = 0.0
    degree: int = 2

    def matrix(self, x: Tensor, y: Tensor) -> Tensor:
        """All k(x_i, y_j)."""
        return (Linear().matrix(x, y) + self.offset) ** self.degree

    def pairs(self, x: Tensor, y: Tensor) -> Tensor:
        """k(x_i, y_i)."""
        return (Linear().pairs(x, y) + self.offset) ** self.degree


@dataclass(frozen=True)
class Gaussian:
    """k(x, y) = exp(−‖x − y‖² / (2σ²)).

    Attributes:
        variance: σ², a number or a tensor that broadcasts against the result.

    """

    variance: float | Tensor

    def matrix(self, x: Tensor, y: Tensor) -> Tensor:
        """All k(x_i, y_j)."""
        squares = x.square().sum(-1)[..., :, None] + y.square().sum(-1)[..., None, :]
        distance = (squares - 2 * Linear().matrix(x, y)).clamp_min(0)
        return (-distance / (2 * self.variance)).exp()

    def pairs(self, x: Tensor, y: Tensor) -> Tensor:
        """k(x_i, y_i)."""
        return (-(x - y).square().sum(dim=-1) / (2 * self.variance)).exp()
