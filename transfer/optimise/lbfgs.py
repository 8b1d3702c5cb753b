"""Limited-memory BFGS for N images at once.

Each image has its own curvature history, line search, step length and end. They share the
evaluation: one batched forward and backward pass computes the current trial of every image. So the
iterates of an image are those that it would have alone, up to the rounding of batched kernels.

Nearly every step costs one evaluation, since a step of 1 along a quasi-Newton direction is mostly
accepted at once; `Result.evaluations` counts them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from transfer.optimise.base import Objective, Progress, Result, State, per_image, to_host
from transfer.optimise.curvature import History, directions
from transfer.optimise.wolfe import WolfeSearch

FIRST_STEP = 0.1
"""Root mean square change of an image by the first step tried along −g. Ours: a tenth of the
pixels' range; the line search lengthens or shortens it."""
RESTARTS = 3
"""Ours: restarts with an empty history and a first step ten times shorter, before an image has
failed."""


@dataclass
class _Course:
    """The course of one image."""

    history: History
    loss: float = math.nan
    state: State = State.RUNNING
    steps: int = 0
    evaluations: int = 0
    restarts: int = 0
    search: WolfeSearch | None = None
    seen_finite: bool = field(default=True)  # in the current line search

    def restart(self) -> None:
        """Clear the history; the next first step is shorter."""
        self.history = History(self.history.size, self.history.pairs[0])
        self.restarts += 1


def minimise(
    objective: Objective,
    start: Tensor,
    *,
    iterations: int,
    history: int = 20,
    first_step: float = FIRST_STEP,
    progress: Progress = lambda steps: None,
) -> Result:
    """Minimise each image's loss from `start` (N, …).

    An image whose trials are not finite goes back to its last accepted iterate with a fresh
    history and a shorter step; after RESTARTS such attempts it has failed. One that no step along
    −g improves has converged. Neither stops the others.

    Args:
        objective: losses and gradients, see `Objective`.
        start: the first iterate; not changed. Its precision is that of all vectors.
        iterations: accepted steps per image.
        history: curvature pairs kept per image, 2 · N images of memory each.
        first_step: root mean square change by the first trial along −g.
        progress: called with the accepted steps of all images after each evaluation.

    """
    return _Run(objective, start, iterations, history, first_step).complete(progress)


class _Run:
    def __init__(
        self, objective: Objective, start: Tensor, iterations: int, history: int, first_step: float
    ) -> None:
        self.objective, self.iterations, self.first_step = objective, iterations, first_step
        self.shape = start.shape
        self.x = start.detach().flatten(1).clone()
        self.g = torch.zeros_like(self.x)
        self.d = torch.zeros_like(self.x)
        self.courses = [_Course(History(history, one)) for one in self.x]

    def complete(self, progress: Progress) -> Result:
        self._begin()
        while running := self._running():
            self._advance(running)
            progress(sum(course.steps for course in self.courses))
        return Result(
            self.x.reshape(self.shape),
            [course.loss for course in self.courses],
            [course.state for course in self.courses],
            [course.steps for course in self.courses],
            [course.evaluations for course in self.courses],
        )

    def _running(self) -> list[int]:
        return [i for i, one in enumerate(self.courses) if one.state is State.RUNNING]

    def _evaluate(self, x: Tensor, images: Sequence[int]) -> tuple[Tensor, Tensor]:
        losses, gradients = self.objective(x.reshape(-1, *self.shape[1:]), images)
        for i in images:
            self.courses[i].evaluations += 1
        return losses.detach(), gradients.detach().reshape(len(images), -1).to(x)

    def _begin(self) -> None:
        everyone = list(range(len(self.courses)))
        losses, self.g = self._evaluate(self.x, everyone)
        finite = self.g.isfinite().all(dim=1)
        for i, (loss, usable) in enumerate(zip(*to_host(losses, finite), strict=True)):
            if math.isfinite(loss) and usable:
                self.courses[i].loss = loss
            else:  # there is no earlier iterate
                self.courses[i].state = State.FAILED
        self._aim(self._running())

    def _advance(self, images: list[int]) -> None:
        """Evaluate the current trial of every running image."""
        searches = [self.courses[i].search for i in images]
        lengths = torch.tensor([search.step for search in searches if search], dtype=torch.float64)
        x, g, d = (_rows(tensor, images) for tensor in (self.x, self.g, self.d))
        trial = torch.addcmul(x, per_image(lengths, x), d)
        losses, gradients = self._evaluate(trial, images)
        slopes = (gradients * d).sum(dim=1)  # NaN or infinite where the gradient is
        accepted = []
        for row, (loss, slope) in enumerate(zip(*to_host(losses, slopes), strict=True)):
            if self._is_accepted(self.courses[images[row]], loss, slope):
                accepted.append(row)
        if not accepted:
            self._aim([i for i in images if self._has_no_aim(i)])
            return
        moved = [images[row] for row in accepted]
        trial, gradients = _rows(trial, accepted), _rows(gradients, accepted)
        self._learn(moved, trial - _rows(x, accepted), gradients - _rows(g, accepted))
        self.x[moved], self.g[moved] = trial, gradients
        self._aim([i for i in images if self._has_no_aim(i)])

    def _has_no_aim(self, image: int) -> bool:
        course = self.courses[image]
        return course.state is State.RUNNING and course.search is None

    def _is_accepted(self, course: _Course, loss: float, slope: float) -> bool:
        """Pass the trial to the image's line search; return whether it is accepted."""
        search = course.search
        assert search is not None
        finite = math.isfinite(loss) and math.isfinite(slope)
        course.seen_finite = course.seen_finite or finite
        search.tell(loss, slope)
        if search.accepted:
            course.loss = loss
            course.steps += 1
            course.search = None
            if course.steps >= self.iterations:
                course.state = State.FINISHED
            return True
        if search.exhausted:
            course.search = None
            self._try_again(course)
        return False

    def _try_again(self, course: _Course) -> None:
        """After a line search without success: restart, or end."""
        from_scratch = len(course.history) == 0
        if course.seen_finite and from_scratch:
            course.state = State.CONVERGED
        elif course.restarts >= RESTARTS:
            course.state = State.CONVERGED if course.seen_finite else State.FAILED
        else:
            course.restart()

    def _learn(self, images: list[int], s: Tensor, y: Tensor) -> None:
        """Add the pairs whose curvature is positive beyond rounding."""
        sizes = to_host((s * y).sum(1), s.square().sum(1), y.square().sum(1))
        rounding = torch.finfo(s.dtype).eps
        for row, (i, sy, ss, yy) in enumerate(zip(images, *sizes, strict=True)):
            if sy > rounding * math.sqrt(ss * yy):
                self.courses[i].history.add(s[row], y[row])

    def _aim(self, images: list[int]) -> None:
        """Give each of `images` a direction and a line search."""
        if not images:
            return
        g = _rows(self.g, images)
        d = directions([self.courses[i].history for i in images], g)
        slopes, squares = to_host((g * d).sum(1), g.square().sum(1))
        for row, i in enumerate(images):
            course = self.courses[i]
            if not slopes[row] < 0 and len(course.history):  # rounding errors spoil the history
                course.restart()
                d[row], slopes[row] = -g[row], -squares[row]
            if slopes[row] == 0:
                course.state = State.CONVERGED
                continue
            length = 1.0
            if len(course.history) == 0:
                spread = math.sqrt(squares[row] / g.shape[1])
                length = self.first_step * 0.1**course.restarts / spread
            course.search = WolfeSearch(course.loss, slopes[row], length)
            course.seen_finite = False
        self.d[images] = d


def _rows(tensor: Tensor, rows: Sequence[int]) -> Tensor:
    """The given rows; no copy is made if they are all."""
    return tensor if len(rows) == len(tensor) else tensor[list(rows)]
