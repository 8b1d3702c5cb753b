"""Adam for N images at once (Kingma & Ba 2015, algorithm 1); every operation is per value.

One evaluation per step, and one more at the end, so that the losses are those of the returned
images. A step may raise the loss.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor

from transfer.optimise.base import Objective, Progress, Result, State, per_image, to_host

RATE = 0.02
"""For pixels in [0, 1]: the default of crowsonkb/style-transfer-pytorch."""
DECAY = (0.9, 0.999)
EPSILON = 1e-8
"""This and DECAY: Kingma & Ba 2015, algorithm 1."""
RESTARTS = 3
"""Ours: each has a tenth of the previous rate."""
_TENSORS = ("x", "good", "first", "second")
_LISTS = ("losses", "steps", "evaluations", "restarts", "rates", "ages")


def minimise(
    objective: Objective,
    start: Tensor,
    *,
    iterations: int,
    rate: float = RATE,
    threshold: float = -math.inf,
    progress: Progress = lambda steps: None,
) -> Result:
    """Minimise each image's loss from `start` (N, …).

    An image whose loss or gradient is not finite goes back to the last iterate where both were,
    with fresh moments and a tenth of the rate; after RESTARTS such attempts it has failed.

    Args:
        objective: losses and gradients, see `Objective`.
        start: the first iterate; not changed. Its precision is that of all vectors.
        iterations: steps per image.
        rate: step size in units of the images' values.
        threshold: an image whose loss is below it is finished.
        progress: called with the steps of all images after each evaluation.

    """
    run = Adam(start, iterations=iterations, rate=rate, threshold=threshold)
    while run.step(objective):
        progress(sum(run.steps))
    progress(sum(run.steps))
    return run.result


class Adam:
    """The same algorithm step by step, for callers that save its state between steps.

    Attributes:
        steps: taken by each image so far.

    """

    def __init__(
        self, start: Tensor, *, iterations: int, rate: float = RATE, threshold: float = -math.inf
    ) -> None:
        """As `minimise`."""
        self.iterations, self.threshold = iterations, threshold
        images = len(start)
        self.x, self.good = start.detach().clone(), start.detach().clone()
        self.first, self.second = torch.zeros_like(self.x), torch.zeros_like(self.x)
        self.losses, self.states = [math.nan] * images, [State.RUNNING] * images
        self.steps, self.evaluations, self.restarts = ([0] * images for _ in range(3))
        self.rates, self.ages = [rate] * images, [0] * images  # age: steps since a restart

    def step(self, objective: Objective) -> bool:
        """One evaluation of all images that are not finished; false once all are."""
        if rows := self._running():
            losses, gradients = objective(self.x[rows], rows)
            self._take(rows, losses.detach(), gradients.detach().to(self.x))
        return bool(self._running())

    @property
    def result(self) -> Result:
        """The present images and their losses."""
        return Result(self.good, self.losses, self.states, self.steps, self.evaluations)

    def state(self) -> dict[str, Any]:
        """Everything that later steps depend on, as tensors and plain values."""
        return {name: getattr(self, name) for name in (*_TENSORS, *_LISTS)} | {
            "states": [state.value for state in self.states]
        }

    def load(self, state: dict[str, Any]) -> None:
        """Continue from a result of `state`; the further steps are the same to the bit."""
        for name in _TENSORS:
            setattr(self, name, state[name].to(self.x))
        for name in _LISTS:
            setattr(self, name, list(state[name]))
        self.states = [State(value) for value in state["states"]]

    def _running(self) -> list[int]:
        return [i for i, state in enumerate(self.states) if state is State.RUNNING]

    def _take(self, rows: list[int], losses: Tensor, gradients: Tensor) -> None:
        finite = losses.isfinite() & gradients.flatten(1).isfinite().all(dim=1)
        moving = []
        for row, (i, loss, usable) in enumerate(zip(rows, *to_host(losses, finite), strict=True)):
            self.evaluations[i] += 1
            if not usable:
                self._go_back(i)
                continue
            self.losses[i], self.good[i] = loss, self.x[i]
            if self.steps[i] >= self.iterations or loss < self.threshold:
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
            self.steps[i] -= 1  # the last step is undone

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
