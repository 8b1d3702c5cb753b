"""How far answers agree: of people with themselves, and with each other."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Hashable, Iterable, Sequence


def krippendorff_alpha(units: Iterable[Sequence[Hashable]]) -> float | None:
    """Krippendorff's α for nominal values (Krippendorff, Computing Krippendorff's
    Alpha-Reliability, 2011).

    Args:
        units: for every unit the values that it got from different people, in any order. A unit
            with fewer than two values says nothing about agreement and is left out.

    Returns:
        1 for perfect agreement, 0 for what chance gives, down to −1; None where there is nothing
        to compare, or all values are the same.

    """
    coincident = 0.0
    totals: Counter[Hashable] = Counter()
    for values in units:
        if len(values) < 2:
            continue
        counts = Counter(values)
        totals.update(counts)
        coincident += sum(n * (n - 1) for n in counts.values()) / (len(values) - 1)
    n = totals.total()
    expected = sum(count * (count - 1) for count in totals.values())
    if n < 2 or expected == n * (n - 1):
        return None
    return 1 - (n - coincident) * (n - 1) / (n * (n - 1) - expected)


def share_with_interval(successes: int, total: int) -> tuple[float, float, float] | None:
    """A share and its 95 % Wilson score interval; None of nothing."""
    if not total:
        return None
    z = 1.959963984540054
    share = successes / total
    centre = (share + z * z / (2 * total)) / (1 + z * z / total)
    half = z * math.sqrt(share * (1 - share) / total + z * z / (4 * total * total))
    half /= 1 + z * z / total
    return share, max(0.0, centre - half), min(1.0, centre + half)
