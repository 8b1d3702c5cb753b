"""The interface of the solvers: N images advance together and do not affect each other."""

from __future__ import annotations

import enum
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

Objective = Callable[[Tensor, Sequence[int]], tuple[Tensor, Tensor]]
"""(images (n, …), their numbers) → (losses (n,), gradients (n, …)); one forward and one backward.

The numbers say which of the N images these are, in ascending order, so that the objective can
pick their targets. A loss may be NaN or infinite; the step is then treated as too long.
"""
Progress = Callable[[int], None]
"""Called after every evaluation with the number of steps of all images together."""


class State(enum.Enum):
    """State of the optimisation of one image, or the reason why it ended."""

    RUNNING = "running"
    FINISHED = "all steps taken"
    CONVERGED = "no step lowers the loss any further"
    FAILED = "the loss is not finite"


@dataclass(frozen=True)
class Result:
    """The final images; each list has one entry per image.

    Attributes:
        images: (N, …) the accepted iterate of every image; of a failed one the last finite one.
        losses: at `images`; NaN if no finite loss was ever found.
        steps: accepted steps; evaluations: losses with gradient that were spent on them.

    """

    images: Tensor
    losses: list[float]
    states: list[State]
    steps: list[int]
    evaluations: list[int]


def per_image(values: Tensor, like: Tensor) -> Tensor:
    """(n,) → (n, 1, …, 1), to multiply `like` (n, …) image by image."""
    return values.to(like).reshape(-1, *[1] * (like.ndim - 1))


def to_host(*values: Tensor) -> list[list[float]]:
    """Several (n,) tensors as lists of floats, in one transfer from the device."""
    rows: list[list[float]] = torch.stack([value.double() for value in values]).tolist()
    return rows
