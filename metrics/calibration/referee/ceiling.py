"""What no statistic can do better than: the agreement of people with themselves and each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from metrics.calibration.agreement import agreement, majority_of_others
from metrics.calibration.data import Comparisons
from metrics.calibration.goodness import error_of_mean
from metrics.calibration.intervals import known


@dataclass(frozen=True)
class Ceiling:
    """Bounds of accuracy by people, None with a reason where the votes do not tell.

    Attributes:
        repeats: how many repeated trials there are.
        within: share of them that were answered as before, with its standard error.
        best_accuracy: the highest accuracy of any predictor that `within` allows (see
            agreement.bounds).
        shared_votes: votes on pairs that somebody else has judged too.
        majority: share of them that the majority of the other people predicts, with its error.
        reasons: why a number is missing.

    """

    repeats: int
    within: float | None
    within_error: float | None
    best_accuracy: float | None
    shared_votes: int
    majority: float | None
    majority_error: float | None
    reasons: dict[str, str]

    def to_json(self) -> dict[str, Any]:
        """Give the export."""
        return dict(vars(self))


def ceiling(comparisons: Comparisons) -> Ceiling:
    """Estimate the ceiling from repeated trials and from pairs that several people judged."""
    found = agreement(comparisons)
    reasons = {}
    if not found["repeats"]:
        reasons["within"] = "no participant judged a pair twice (trials of kind repeat)"
    shared = majority_of_others(comparisons)
    error = None
    if shared.empty:
        reasons["majority"] = "no pair was judged by two participants"
    else:
        error = known(
            error_of_mean(shared["right"].to_numpy(np.float64), shared["person"].to_numpy(np.intp))
        )
        if error is None:
            reasons["majority_error"] = "too few participants share pairs"
    return Ceiling(
        repeats=int(found["repeats"]),
        within=found["within"],
        within_error=found["within_error"],
        best_accuracy=found["best_accuracy"],
        shared_votes=int(found["shared_votes"]),
        majority=found["ceiling"],
        majority_error=error,
        reasons=reasons,
    )
