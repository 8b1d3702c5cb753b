"""Losses with known minima, one per image."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from transfer.optimise.base import Objective


def objective(loss: Callable[[Tensor, Sequence[int]], Tensor]) -> Objective:
    """An objective from losses (n,), by automatic differentiation."""

    def evaluate(x: Tensor, images: Sequence[int]) -> tuple[Tensor, Tensor]:
        x = x.detach().requires_grad_()
        losses = loss(x, images)
        (gradient,) = torch.autograd.grad(losses.sum(), x)
        return losses, gradient

    return evaluate


def rosenbrock(x: Tensor, images: Sequence[int]) -> Tensor:
    """Minimum 0 at (1, …, 1)."""
    return (100 * (x[:, 1:] - x[:, :-1] ** 2) ** 2 + (1 - x[:, :-1]) ** 2).sum(dim=1)


def quadratic(images: int, values: int, seed: int = 0) -> tuple[Objective, Tensor]:
    """½ (x − m)ᵀ A (x − m), another A and m for every image, and the minima m."""
    generator = torch.Generator().manual_seed(seed)
    roots = torch.randn(images, values, values, generator=generator, dtype=torch.float64)
    matrices = roots @ roots.transpose(1, 2) / values + 0.1 * torch.eye(values)
    minima = torch.randn(images, values, generator=generator, dtype=torch.float64)

    def evaluate(x: Tensor, which: Sequence[int]) -> tuple[Tensor, Tensor]:
        gap = x - minima[list(which)].to(x)
        gradient = (matrices[list(which)].to(x) @ gap[:, :, None])[:, :, 0]
        return (gap * gradient).sum(dim=1) / 2, gradient

    return evaluate, minima


def broken(inner: Objective, image: int, after: int) -> Objective:
    """The same, but `image` has neither loss nor gradient after `after` of its evaluations."""
    seen = 0

    def evaluate(x: Tensor, images: Sequence[int]) -> tuple[Tensor, Tensor]:
        nonlocal seen
        losses, gradients = inner(x, images)
        if image in images:
            row = list(images).index(image)
            if seen >= after:
                losses[row], gradients[row] = torch.nan, torch.nan
            seen += 1
        return losses, gradients

    return evaluate
