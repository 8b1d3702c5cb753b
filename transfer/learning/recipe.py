"""The parameters of every training, and its learning rate."""

from __future__ import annotations

import math
from dataclasses import dataclass

from common.errors import InputError

SCHEDULES = ("cosine", "constant")


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """Parameters that decide the result of a training; subclasses add defaults and parameters.

    Attributes:
        steps: length of the training.
        batch: crops of one step.
        size: crops are resized to this square, in pixels.
        rate: Adam's peak learning rate.
        warmup: steps until the peak.
        seed: of the first weights and of the crops.
        smallest_crop: side of the smallest square that is cut out, in pixels.
        altered: share of crops with altered colours, noise or a second picture mixed in.
        resized: pictures are resized to this square before crops of `size` are cut out; 0: crops of
            varying size are cut out and resized.
        schedule: `cosine`, or `constant` after the warm-up.

    """

    steps: int
    batch: int
    size: int
    rate: float
    warmup: int
    seed: int
    smallest_crop: int
    altered: float
    resized: int = 0
    schedule: str = "cosine"

    def __post_init__(self) -> None:
        """Raise InputError for numbers that contradict each other."""
        if self.schedule not in SCHEDULES:
            raise InputError(f"unknown schedule '{self.schedule}': use {' or '.join(SCHEDULES)}")
        if 0 < self.resized < self.size:
            raise InputError(
                f"pictures of {self.resized} px hold no crop of {self.size} px: use a larger "
                "resized, or a smaller size"
            )

    def rate_at(self, step: int) -> float:
        """The learning rate of a step: a linear warm-up to the peak, then a cosine to zero, unless
        the schedule is constant.
        """
        if step < self.warmup:
            return self.rate * (step + 1) / self.warmup
        if self.schedule == "constant":
            return self.rate
        progress = (step - self.warmup) / max(1, self.steps - self.warmup)
        return self.rate * 0.5 * (1 + math.cos(math.pi * min(1.0, progress)))
