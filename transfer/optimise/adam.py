"""Adam for N images at once (Kingma & Ba 2015, algorithm 1); every operation is per value.

One evaluation per step, and one more at the end, so that the losses are those of the images given
back. A step may raise the loss.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from transfer.optimise.base import Objective, Progress, Result, State, per_image, to_host

RATE = 0.02
"""For pixels in [0, 1]: the default of crowsonkb/style-transfer-pytorch."""
DECAY = (0.9, 0.999)
EPSILON = 1e-8
"""This and DECAY: Kingma & Ba 2015, algorithm 1."""
RESTARTS = 3
"""Ours: each with a tenth of the rate before."""


def minimise(
    objective: Objective,
    start: Tensor,
    *,
    iterations: int,
    rate: float = RATE,
    progress: Progress = lambda steps: None,
) -> Result:
    """Minimise each image's loss from `start` (N, …).

    An image whose loss or gradient is not finite goes back to the last iterate where both were,
    with fresh moments and a tenth of the rate; after RESTARTS such attempts it has failed.

    Args:
        objective: losses and gradients, see `Objective`.
        start: where to begin; not changed. Its precision is that of all vectors.
        iterations: steps per image.
        rate: step size in units of the images' values.
        progress: told the steps of all images after each evaluation.

    """
    run = _Run(start, rate)
    while rows := run.running():
        losses, gradients = objective(run.x[rows], rows)
        run.take(rows, losses.detach(), gradients.detach().to(start), iterations)
        progress(sum(run.steps))
    return Result(run.good, run.losses, run.states, run.steps, run.evaluations)


class _Run:
    def __init__(self, start: Tensor, rate: float) -> None:
        images = len(start)
        self.x, self.good = start.detach().clone(), start.detach().clone()
        self.first, self.second = torch.zeros_like(self.x), torch.zeros_like(self.x)
        self.losses, self.states = [math.nan] * images, [State.RUNNING] * images
        self.steps, self.evaluations, self.restarts = ([0] * images for _ in range(3))
        self.rates, self.ages = [rate] * images, [0] * images  # age: steps since a restart

    def running(self) -> list[int]:
        return [i for i, state in enumerate(self.states) if state is State.RUNNING]

    def take(self, rows: list[int], losses: Tensor, gradients: Tensor, iterations: int) -> None:
        finite = losses.isfinite() & gradients.flatten(1).isfinite().all(dim=1)
        moving = []
        for row, (i, loss, usable) in enumerate(zip(rows, *to_host(losses, finite), strict=True)):
            self.evaluations[i] += 1
            if not usable:
                self._go_back(i)
                continue
            self.losses[i], self.good[i] = loss, self.x[i]
            if self.steps[i] == iterations:
                self.states[i] = State.FINISHED
            else:
                self.steps[i] += 1
                self.ages[i] += 1
                moving.append(row)
        if moving:
            self._move([rows[row] for row in moving], gradients[moving])

    def _go_back(self, i: int) -> None:
        self.x[i], self.first[i], self.second[i], self.ages[i] = self.good[i], 0, 0, 0
        self.rates[i] *= 0.1
        self.restarts[i] += 1
        if self.restarts[i] > RESTARTS or math.isnan(self.losses[i]):
            self.states[i] = State.FAILED
        else:
            self.steps[i] -= 1  # the step that led here is undone

    def _move(self, images: list[int], gradient: Tensor) -> None:
        beta1, beta2 = DECAY
        ages = torch.tensor([self.ages[i] for i in images], dtype=torch.float64)
        rates = torch.tensor([self.rates[i] for i in images], dtype=torch.float64)
        first = beta1 * self.first[images] + (1 - beta1) * gradient
        second = beta2 * self.second[images] + (1 - beta2) * gradient.square()
        scale = per_image(rates / (1 - beta1**ages), gradient)
        root = (second / per_image(1 - beta2**ages, gradient)).sqrt()
        self.x[images] -= scale * first / (root + EPSILON)
        self.first[images], self.second[images] = first, second
