"""The shares of a score's variance explained by style, content, method and style weight.

Yeh et al. 2020 find that the style explains most. The decomposition is that of Lindeman, Merenda
and Gold 1980 ("LMG", Shapley values of R²): the share of a factor is its increase of R², averaged
over all orders in which the factors can enter a linear model. Shares sum to R². In a balanced
design, where the order does not matter, they are the η² of the analysis of variance.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from math import factorial
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from common.errors import InputError

Floats = npt.NDArray[np.float64]

FACTORS = ("style", "content", "method", "weight")
_TOLERANCE = 1e-10
"""Directions with a smaller share of the largest variance of a design count as constant."""


@dataclass(frozen=True)
class Part:
    """One factor's part of the variance.

    Attributes:
        factor: one of FACTORS.
        share: 0 … 1 of the variance.
        by_chance: the mean share of a factor with as many levels that is unrelated to the score.

    """

    factor: str
    share: float
    by_chance: float


@dataclass(frozen=True)
class Variance:
    """The decomposition of one score's variance.

    Attributes:
        parts: one for each factor that varies, the largest share first.
        rest: 1 − R², the share of interactions and noise.
        stimuli: number of stimuli.

    """

    parts: tuple[Part, ...]
    rest: float
    stimuli: int

    def to_json(self) -> dict[str, Any]:
        """The decomposition as JSON."""
        return {
            "decomposition": "LMG: R² shared out over all orders of the factors",
            "stimuli": self.stimuli,
            "shares": {part.factor: part.share for part in self.parts},
            "by_chance": {part.factor: part.by_chance for part in self.parts},
            "rest": self.rest,
        }


def variance_explained(frame: pd.DataFrame, score: str) -> Variance | None:
    """Decompose the variance of a score over the factors.

    Weights of different methods are not comparable, so the weight enters as one straight line per
    method, in the logarithm if all weights of the method are positive.

    Args:
        frame: the score, and those of FACTORS that are known; style, content and method are names.
            Rows without the score are left out.
        score: the name of its column.

    Returns:
        None for fewer than three scores, for equal scores, and if no factor varies.

    Raises:
        InputError: the score is not a column.

    """
    if score not in frame.columns:
        raise InputError(f"the scores lack the column {score}")
    values = pd.to_numeric(frame[score], errors="coerce").to_numpy(dtype=np.float64)
    kept = np.isfinite(values)
    values, rows = values[kept], frame[kept]
    if len(values) < 3 or np.ptp(values) <= 1e-12 * np.abs(values).max():
        return None
    designs = {name: design for name in FACTORS if (design := _design(rows, name)).shape[1]}
    if not designs:
        return None
    names = tuple(designs)
    about_mean = values - values.mean()
    fitted = _fits(designs, about_mean / np.abs(about_mean).max())  # squares of any unit are finite
    parts = []
    for name in names:
        share, steps = _average_gain(name, names, fitted)
        parts.append(Part(name, share, steps / (len(values) - 1)))
    parts.sort(key=lambda part: (-part.share, part.factor))
    return Variance(tuple(parts), 1 - fitted[frozenset(names)][0], len(values))


def _design(rows: pd.DataFrame, factor: str) -> Floats:
    """Centred columns (N, K) of one factor; no column if it does not vary."""
    if factor not in rows.columns:
        return np.empty((len(rows), 0))
    if factor == "weight":
        return _weights(rows)
    codes, levels = pd.factorize(rows[factor].astype(str))
    member = (codes[:, None] == np.arange(len(levels))).astype(np.float64)
    return np.asarray(member - member.mean(axis=0))[:, 1:]


def _weights(rows: pd.DataFrame) -> Floats:
    """One column per method whose weight varies: the standardised weight, 0 for other methods."""
    weight = pd.to_numeric(rows["weight"], errors="coerce").to_numpy(dtype=np.float64)
    known = rows["method"].astype(str) if "method" in rows.columns else pd.Series("", rows.index)
    columns = []
    for method in sorted(set(known)):
        mine = (known == method).to_numpy() & np.isfinite(weight)
        own = weight[mine]
        if len(own) < 2 or np.ptp(own) <= 1e-12 * np.abs(own).max():
            continue
        own = np.log(own) if (own > 0).all() else own
        column = np.zeros(len(rows))
        column[mine] = (own - own.mean()) / own.std()
        columns.append(column)
    return np.column_stack(columns) if columns else np.empty((len(rows), 0))


def _fits(designs: Mapping[str, Floats], values: Floats) -> dict[frozenset[str], tuple[float, int]]:
    """Set of factors → R² and rank of its linear model."""
    whole = np.column_stack(list(designs.values()))
    gram, moment = whole.T @ whole, whole.T @ values
    total = float(values @ values)
    place, columns = 0, {}
    for name, design in designs.items():
        columns[name] = np.arange(place, place := place + design.shape[1])
    found: dict[frozenset[str], tuple[float, int]] = {frozenset(): (0.0, 0)}
    for size in range(1, len(designs) + 1):
        for names in combinations(designs, size):
            at = np.concatenate([columns[name] for name in names])
            spread, axes = np.linalg.eigh(gram[np.ix_(at, at)])
            seen = spread > _TOLERANCE * spread[-1]
            along = (axes[:, seen].T @ moment[at]) ** 2 / spread[seen]
            found[frozenset(names)] = (min(1.0, float(along.sum()) / total), int(seen.sum()))
    return found


def _average_gain(
    name: str, names: tuple[str, ...], fitted: Mapping[frozenset[str], tuple[float, int]]
) -> tuple[float, float]:
    """The Shapley value of a factor: its mean increase of R² and of the rank over all orders."""
    many = len(names)
    others = [other for other in names if other != name]
    share, steps = 0.0, 0.0
    for size in range(many):
        part = factorial(size) * factorial(many - 1 - size) / factorial(many)
        for before in combinations(others, size):
            without, with_it = fitted[frozenset(before)], fitted[frozenset((*before, name))]
            share += part * max(0.0, with_it[0] - without[0])
            steps += part * (with_it[1] - without[1])
    return share, steps
