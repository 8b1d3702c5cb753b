"""A line search for one image as a state machine: it proposes a step and receives loss and slope.

It does not call the objective itself, so N searches can share each evaluation. It looks for a step
with the strong Wolfe conditions (Nocedal & Wright 2006, equation 3.7) by the bracketing of their
algorithms 3.5 and 3.6, which guarantees sᵀy > 0 for the curvature pair of the accepted step.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

SUFFICIENT = 1e-4  # c₁: Nocedal & Wright 2006, p. 62
CURVATURE = 0.9  # c₂ for quasi-Newton directions: the same page
TRIALS = 20  # ours: bisection alone then reaches 1e-6 of the first step
GROWTH = (2.0, 10.0)  # ours: an enlarged step is between twice and ten times the last one
SHRINK = 0.1  # ours: an interpolated step keeps a tenth of the interval from either end


@dataclass(frozen=True)
class Point:
    """Loss and slope (the directional derivative) at a step along the direction."""

    step: float
    loss: float
    slope: float

    @property
    def finite(self) -> bool:
        """Whether both loss and slope are finite."""
        return math.isfinite(self.loss) and math.isfinite(self.slope)


class WolfeSearch:
    """Searches along one direction.

    Attributes:
        step: the next step to evaluate; once accepted, the accepted one.
        accepted: the step satisfies both conditions, or is the best of all trials with the first.
        exhausted: no trial lowered the loss sufficiently.

    """

    def __init__(self, loss: float, slope: float, step: float) -> None:
        """Start at step 0 with `loss` and `slope` < 0; `step` > 0 is the first trial."""
        self.origin = Point(0.0, loss, slope)
        self.low = self.origin  # the best point so far that lowers the loss sufficiently
        self.high: Point | None = None  # the other end of the bracket
        self.step = step
        self.trials = 0
        self.accepted = self.exhausted = False

    def tell(self, loss: float, slope: float) -> None:
        """Process loss and slope at `step`; it updates `accepted`, `exhausted` and `step`."""
        now = Point(self.step, loss, slope)
        self.trials += 1
        if self.trials > TRIALS:  # the second evaluation of the best point found
            self.accepted = True
            return
        if not now.finite or not self._lowers(now) or self._above_low(now):
            self.high = now
        elif abs(now.slope) <= -CURVATURE * self.origin.slope:
            self.accepted = True
            return
        else:
            towards_high = 1.0 if self.high is None else self.high.step - self.low.step
            if now.slope * towards_high >= 0:
                self.high = self.low
            before, self.low = self.low, now
            if self.high is None:
                self.step = _enlarged(before, now)
                return self._give_up_if_spent()
        assert self.high is not None
        self.step = _interpolated(self.low, self.high)
        self._give_up_if_spent()

    def _lowers(self, now: Point) -> bool:
        return now.loss <= self.origin.loss + SUFFICIENT * now.step * self.origin.slope

    def _above_low(self, now: Point) -> bool:
        return self.low.step > 0 and now.loss >= self.low.loss

    def _give_up_if_spent(self) -> None:
        if self.trials < TRIALS:
            return
        # Images keep no gradient of past trials, so the best one is evaluated once more.
        self.exhausted = self.low.step == 0
        self.step = self.low.step


def _enlarged(before: Point, now: Point) -> float:
    """A longer step, at the minimum of the cubic through two descending points."""
    smallest, largest = GROWTH[0] * now.step, GROWTH[1] * now.step
    guess = _cubic_minimum(before, now)
    return largest if guess is None else min(max(guess, smallest), largest)


def _interpolated(low: Point, high: Point) -> float:
    """A step inside the bracket, away from its ends."""
    width = high.step - low.step
    if not high.finite:  # known is only that the step is much too long
        return low.step + SHRINK * width
    guess = _cubic_minimum(low, high)
    share = 0.5 if guess is None else (guess - low.step) / width
    return low.step + min(max(share, SHRINK), 1 - SHRINK) * width


def _cubic_minimum(a: Point, b: Point) -> float | None:
    """The minimum of the cubic with these losses and slopes; Nocedal & Wright 2006, eq. 3.59."""
    gap = b.step - a.step
    d1 = a.slope + b.slope - 3 * (a.loss - b.loss) / (a.step - b.step)
    square = d1 * d1 - a.slope * b.slope
    if square < 0:
        return None
    d2 = math.copysign(math.sqrt(square), gap)
    bottom = b.slope - a.slope + 2 * d2
    if bottom == 0:
        return None
    guess = b.step - gap * (b.slope + d2 - d1) / bottom
    return guess if math.isfinite(guess) else None
