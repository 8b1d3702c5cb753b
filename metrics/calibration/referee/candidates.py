"""What the referee compares: single statistics, and sets of them in one model."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from common.errors import InputError
from common.lookup import unknown

SETTINGS = ("weight", "seed", "alpha", "size", "width", "height", "iterations", "seconds")
"""Numeric columns that say how a stimulus was made; they take part only where they are named."""
BASE = ("E1", "E2", "E3", "E4", "E5", "C")
"""The statistics of E and C, to which others may add something."""


@dataclass(frozen=True)
class Candidate:
    """A statistic, or several in one model.

    Attributes:
        name: a column of the statistics, or columns joined by `+`.
        terms: the columns.
        higher_is_better: the direction of a single statistic; None where the votes decide it.

    """

    name: str
    terms: tuple[str, ...]
    higher_is_better: bool | None = None

    @property
    def direction(self) -> str:
        """`higher` or `lower` is better, or `from the votes`."""
        if self.higher_is_better is None:
            return "from the votes"
        return "higher" if self.higher_is_better else "lower"


def candidates(
    statistics: pd.DataFrame,
    names: Sequence[str] | None,
    directions: Mapping[str, bool],
) -> tuple[Candidate, ...]:
    """The candidates that `names` ask for, or every numeric column.

    Args:
        statistics: one row for each stimulus.
        names: columns, or columns joined by `+` for one model of several; None for all that hold
            numbers but `SETTINGS`.
        directions: column → whether higher is better.

    Raises:
        InputError: an unknown column, a name given twice, or no candidate.

    """
    columns = [str(column) for column in statistics.columns]
    if names is None:
        names = [
            column
            for column in columns
            if pd.api.types.is_numeric_dtype(statistics[column])
            and not pd.api.types.is_bool_dtype(statistics[column])
            and column not in SETTINGS
            and column not in ("stimulus", "method", "content", "style")
        ]
        if not names:
            raise InputError(
                "the statistics have no column of numbers: measure the stimuli, or add a column"
            )
    if twice := next((name for name in names if list(names).count(name) > 1), None):
        raise InputError(f"statistic {twice!r} is named twice: name each once")
    return tuple(_candidate(name, columns, directions) for name in names)


def _candidate(name: str, columns: Sequence[str], directions: Mapping[str, bool]) -> Candidate:
    if name in columns:
        return Candidate(name, (name,), directions.get(name))
    terms = tuple(term.strip() for term in name.split("+"))
    for term in terms:
        if term not in columns:
            raise InputError(unknown("statistic", term, columns))
    if len(set(terms)) < len(terms):
        raise InputError(f"the set {name!r} names a statistic twice: name each once")
    return Candidate(name, terms)


def columns_of(several: Iterable[Candidate]) -> tuple[str, ...]:
    """The columns that candidates need, each once, in order."""
    return tuple(dict.fromkeys(term for candidate in several for term in candidate.terms))
