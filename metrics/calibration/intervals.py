"""The level of all intervals, and numbers by term for an export."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.stats import t as student

from .data import Floats

LEVEL = 0.95
"""Confidence level of every interval."""


def t_quantile(df: float, level: float = LEVEL) -> float:
    """Half the width of an interval at `level`, in standard errors, by Student's t."""
    return float(student.ppf(0.5 + level / 2, df))


def tails(level: float = LEVEL) -> list[float]:
    """The two quantiles that bound a percentile interval."""
    return [(1 - level) / 2, (1 + level) / 2]


def known(number: float) -> float | None:
    """A finite number; None for one that is not known."""
    return float(number) if np.isfinite(number) else None


def by_term(terms: Sequence[str], values: Floats) -> dict[str, float | None]:
    """Numbers for an export, by term; values beyond the terms (ln ν) are left out."""
    return {
        term: known(float(value)) for term, value in zip(terms, values[: len(terms)], strict=True)
    }
