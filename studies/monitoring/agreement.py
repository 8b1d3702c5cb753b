"""Agreement of answers, and shares with confidence intervals."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence

import krippendorff
import numpy as np


def krippendorff_alpha(units: Iterable[Sequence[Hashable]]) -> float | None:
    """Krippendorff's α for nominal values (Krippendorff, Computing Krippendorff's
    Alpha-Reliability, 2011).

    Args:
        units: for every unit the values that different people gave it, in any order. Units with
            fewer than two values are left out.

    Returns:
        1 for perfect agreement, 0 for agreement by chance, below 0 for less; None if no unit is
        left, or all values are the same.

    """
    counts = [Counter(values) for values in units if len(values) > 1]
    values = sorted({value for counter in counts for value in counter}, key=str)
    if len(values) < 2:
        return None
    table = np.array([[counter[value] for value in values] for counter in counts])
    return float(krippendorff.alpha(value_counts=table, level_of_measurement="nominal"))


def share_with_interval(successes: int, total: int) -> tuple[float, float, float] | None:
    """A share and its 95 % Wilson score interval (Wilson 1927); None if total is 0."""
    # scipy.stats is slow to import and needed only for the monitor and the report.
    from scipy.stats import binomtest

    if not total:
        return None
    interval = binomtest(successes, total).proportion_ci(0.95, method="wilson")
    return successes / total, float(interval.low), float(interval.high)
