"""Scores within content and style: what is left when the mean of the pair is removed.

Contents and styles differ more than methods do, so a method's place among all stimuli says much
about the pictures that it was given. The residual of a score is its distance from the mean score of
all stimuli of the same content and the same style: methods are then compared on the same pair.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import stdtrit

LEVEL = 0.95
"""Of the intervals."""
PAIR = ["content", "style"]
SCORES = ("E_score", "C_score")


@dataclass(frozen=True)
class PairMean:
    """A mean over pairs of content and style.

    Attributes:
        mean: in the unit of the values.
        interval: of 95 % by Student's t over the pairs; None for fewer than two pairs.
        pairs: number of pairs.

    """

    mean: float
    interval: tuple[float, float] | None
    pairs: int


def within_pairs(frame: pd.DataFrame) -> pd.DataFrame:
    """Residuals of the scores, with the columns and the index of `frame` and E_within, C_within.

    frame: E_score, C_score, content, style. A residual is NaN where the pair has one stimulus only,
    or where content or style is not known.
    """
    if not set(PAIR) <= set(frame.columns):
        return frame.assign(E_within=np.nan, C_within=np.nan)
    grouped = frame.groupby(PAIR, sort=False)
    found = {}
    for score in SCORES:
        residual = frame[score] - grouped[score].transform("mean")
        enough = grouped[score].transform("size") > 1
        found[score.replace("_score", "_within")] = residual.where(enough)
    return frame.assign(**found)


def means_over_pairs(frame: pd.DataFrame, column: str) -> dict[str, PairMean]:
    """Method → the mean of a column over the pairs, each pair with the mean of its stimuli.

    frame: method, content, style and the column; rows without a number are left out, and so are
    methods without any.
    """
    known = frame.dropna(subset=[column])
    if known.empty or not set(PAIR) <= set(frame.columns):
        return {}
    by_pair = known.groupby(["method", *PAIR], sort=False)[column].mean()
    found = {}
    for method, values in by_pair.groupby(level="method"):
        numbers = values.to_numpy(dtype=np.float64)
        found[str(method)] = _mean(numbers)
    return found


def _mean(numbers: np.ndarray) -> PairMean:
    many, mean = len(numbers), float(numbers.mean())
    if many < 2:
        return PairMean(mean, None, many)
    half = float(stdtrit(many - 1, (1 + LEVEL) / 2) * numbers.std(ddof=1) / np.sqrt(many))
    return PairMean(mean, (mean - half, mean + half), many)
