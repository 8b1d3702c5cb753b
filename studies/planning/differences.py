"""Measured differences of the stimuli of pairs."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from studies.planning.statistics_provider import statistics_of

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    import numpy.typing as npt

    from studies.design import Pair


def measured_differences(
    pairs: Collection[Pair], target: str, terms: Sequence[str] | None = None
) -> tuple[npt.NDArray[np.float64], list[str]]:
    """The first stimulus's statistics minus the second's, for every pair.

    Args:
        pairs: primary keys of stimuli.
        target: E or C.
        terms: the columns; by default all terms that any stimulus has, sorted.

    Returns:
        Differences (P, K), NaN where a value is missing, and the K terms.

    """
    known = statistics_of({key for pair in pairs for key in pair}, target)
    columns = sorted(known) if terms is None else list(terms)
    values = [known.get(term, {}) for term in columns]
    rows = [[of.get(one, math.nan) - of.get(two, math.nan) for of in values] for one, two in pairs]
    return np.array(rows, dtype=float).reshape(len(rows), len(columns)), columns
