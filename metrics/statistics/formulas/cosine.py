"""The cosine between features of two pictures."""

from __future__ import annotations

from torch import Tensor


def cosine(one: Tensor, other: Tensor) -> float | str:
    """Of all numbers of two tensors of one shape: -1 … 1; 0 … 1 if none is negative.

    Returns:
        The reason if all of one picture's features are 0.

    """
    x, y = one.double().flatten(), other.double().flatten()
    lengths = float(x.norm() * y.norm())
    if lengths == 0:
        return "all features of one of the pictures are 0"
    return min(1.0, max(-1.0, float(x @ y) / lengths))
