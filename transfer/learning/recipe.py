"""The parameters of every training, and its learning rate."""

from __future__ import annotations

import math
from dataclasses import dataclass


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

    """

    steps: int
    batch: int
    size: int
    rate: float
    warmup: int
    seed: int
    smallest_crop: int
    altered: float

    def rate_at(self, step: int) -> float:
        """The learning rate of a step: a linear warm-up to the peak, then a cosine to zero."""
        if step < self.warmup:
            return self.rate * (step + 1) / self.warmup
        progress = (step - self.warmup) / max(1, self.steps - self.warmup)
        return self.rate * 0.5 * (1 + math.cos(math.pi * min(1.0, progress)))
