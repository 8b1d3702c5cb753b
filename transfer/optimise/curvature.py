"""The curvature history of one image, and quasi-Newton directions from it.

The direction −H g is formed from the compact representation (Byrd, Nocedal & Schnabel 1994,
theorem 2.2). It equals the two-loop recursion but reads the history in three matrix-vector products
on the device; the small computations between them are done in float64 on the host.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.linalg import solve_triangular
from torch import Tensor

Matrix = NDArray[np.float64]


class History:
    """Up to `size` pairs s = x₊ − x, y = g₊ − g of an image of D values."""

    def __init__(self, size: int, like: Tensor) -> None:
        """Reserve 2 · size · D values on the device and in the precision of `like` (D,)."""
        self.size = size
        # Steps s in the first rows, gradient differences y in the others.
        self.pairs = torch.zeros(2 * size, *like.shape, dtype=like.dtype, device=like.device)
        self._sy = np.zeros((size, size))  # s_iᵀ y_j by row, for s not newer than y
        self._yy = np.zeros((size, size))
        self._slots: list[int] = []  # oldest first
        self._is_new = False

    def __len__(self) -> int:
        return len(self._slots)

    def add(self, s: Tensor, y: Tensor) -> None:
        """Store a pair with sᵀy > 0; it replaces the oldest if there are `size`."""
        slot = self._slots.pop(0) if len(self) == self.size else len(self)
        self._slots.append(slot)
        self.pairs[slot] = s
        self.pairs[self.size + slot] = y
        self._is_new = True

    def products(self, gradient: Tensor) -> Tensor:
        """The pairs times the newest y, and times the gradient: (2, 2 · size), on the device."""
        y = self.pairs[self.size + self._slots[-1]]
        return torch.stack([self.pairs @ y, self.pairs @ gradient])

    def combination(self, products: Matrix) -> tuple[float, Matrix]:
        """H g as `scale` · g + `weights` · pairs, from `products` on the host."""
        slots, size = self._slots, self.size
        with_y, with_g = products
        if self._is_new:
            newest = slots[-1]
            self._sy[:, newest] = with_y[:size]
            self._yy[:, newest] = self._yy[newest, :] = with_y[size:]
            self._is_new = False
        sy, yy = self._sy[np.ix_(slots, slots)], self._yy[np.ix_(slots, slots)]
        scale = sy[-1, -1] / yy[-1, -1]  # Nocedal & Wright 2006, equation 7.20
        upper = np.triu(sy)
        u = solve_triangular(upper, with_g[:size][slots])
        right = np.diag(sy) * u + scale * (yy @ u - with_g[size:][slots])
        weights = np.zeros(2 * size)
        weights[slots] = solve_triangular(upper, right, trans="T")
        weights[[size + slot for slot in slots]] = -scale * u
        return float(scale), weights


def directions(histories: Sequence[History], gradients: Tensor) -> Tensor:
    """−H g for n images, (n, D) → (n, D); an image without pairs gets −g."""
    result = -gradients
    known = [i for i, history in enumerate(histories) if len(history)]
    if not known:
        return result
    on_device = torch.stack([histories[i].products(gradients[i]) for i in known])
    on_host = on_device.double().cpu().numpy()  # one transfer for all images
    for i, products in zip(known, on_host, strict=True):
        scale, weights = histories[i].combination(products)
        combined = torch.from_numpy(weights).to(gradients) @ histories[i].pairs
        result[i] = combined.add_(gradients[i], alpha=scale).neg_()
    return result
