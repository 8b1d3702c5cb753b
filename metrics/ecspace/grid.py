"""The EC space: stimuli by style (E) and content (C), divided into a grid of 3 × 3 cells.

Yeh et al. 2020, section 5, and its supplement, section 2 and Table 1. Rows are thirds of the E
score, columns thirds of the C score; 0 is low, 2 is high; higher is better in both.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from common.errors import InputError
from common.lookup import check_name

Floats = npt.NDArray[np.float64]
Thirds = npt.NDArray[np.intp]

BINS = ("independent", "nested")
"""independent: thirds of E and thirds of C, each over all stimuli; only these explain the
percentages of the paper's Table 1. nested: thirds of C within each third of E, so that all cells
hold the same number of stimuli, ±1."""
LEVELS = ("low", "middle", "high")
TOP = 5
"""Methods that Table 1 lists for each cell."""


@dataclass(frozen=True)
class Share:
    """A method's share of the stimuli of one cell, 0 … 1."""

    method: str
    count: int
    share: float


@dataclass(frozen=True)
class ECSpace:
    """Scored stimuli in their cells.

    Attributes:
        frame: stimulus, method, E_score, C_score, E_third, C_third, sorted by stimulus; and the
            other columns of the scores.
        bins: one of BINS.
        counts: (3, 3), number of stimuli by E third and C third.
        E_cuts: the two values between the thirds of E.
        C_cuts: (3, 2), the two values between the thirds of C, for each third of E (three equal
            rows with independent bins).
        unscored: number of stimuli without both scores, which are left out.

    """

    frame: pd.DataFrame
    bins: str
    counts: npt.NDArray[np.int64]
    E_cuts: tuple[float, float]
    C_cuts: Floats
    unscored: int

    def cell(self, e: int, c: int) -> pd.DataFrame:
        """The stimuli of one cell."""
        inside = (self.frame["E_third"] == e) & (self.frame["C_third"] == c)
        return self.frame[inside]

    def shares(self, e: int, c: int) -> list[Share]:
        """The methods of one cell, the most frequent first, then by name."""
        return shares(self.cell(e, c)["method"].tolist())


def ecspace(scored: pd.DataFrame, bins: str = "independent") -> ECSpace:
    """Divide scored stimuli into the cells of the grid.

    Equal scores are ordered by the names of the stimuli, so the order of rows does not matter and
    thirds differ by at most one stimulus.

    Args:
        scored: columns stimulus, method, E_score, C_score. Stimuli without both scores are counted
            and left out.
        bins: one of BINS.

    Raises:
        InputError: missing columns, a stimulus named twice, fewer than nine scored stimuli, or
            unknown bins.

    """
    check_name("rule of bins", bins, BINS)
    needed = ("stimulus", "method", "E_score", "C_score")
    missing = [column for column in needed if column not in scored.columns]
    if missing:
        raise InputError(f"the scores lack the columns {', '.join(missing)}")
    frame = scored.assign(
        stimulus=scored["stimulus"].astype(str), method=scored["method"].astype(str)
    )
    for column in ("E_score", "C_score"):
        numbers = pd.to_numeric(frame[column], errors="coerce").astype(np.float64)
        frame[column] = numbers.where(np.isfinite(numbers))
    kept = frame.dropna(subset=["E_score", "C_score"]).sort_values("stimulus")
    kept = kept.reset_index(drop=True)
    twice = kept["stimulus"][kept["stimulus"].duplicated()]
    if len(twice):
        raise InputError(f"the scores name stimulus {twice.iloc[0]!r} twice: keep one row for each")
    if len(kept) < 9:
        raise InputError(
            f"{len(kept)} stimuli have both an E score and a C score: a 3×3 grid needs at least 9"
        )
    return _cut(kept, bins, len(frame) - len(kept))


def thirds(values: Floats) -> tuple[Thirds, tuple[float, float]]:
    """Divide values (N,) into low, middle and high thirds (N,), and return the two cuts.

    Equal values are ordered by position. Sizes differ by at most one, and the outer thirds are
    equal: of 4,198 values 1,399, 1,400 and 1,399.
    """
    count = len(values)
    if not count:
        return np.empty(0, dtype=np.intp), (0.0, 0.0)
    bounds = [(2 * part * count + 3) // 6 for part in (1, 2)]  # part · count / 3, rounded
    sides = [(max(bound - 1, 0), min(bound, count - 1)) for bound in bounds]
    # A full sort is avoided, since the bootstrap calls this thousands of times.
    ordered = np.partition(values, [place for side in sides for place in side])
    if all(ordered[below] < ordered[above] for below, above in sides):
        third = np.zeros(count, dtype=np.intp)
        for _, above in sides:
            third += values >= ordered[above]
    else:
        third = np.empty(count, dtype=np.intp)
        places = np.argsort(values, kind="stable")
        third[places] = np.searchsorted(bounds, np.arange(count), side="right")
    low, high = (float((ordered[below] + ordered[above]) / 2) for below, above in sides)
    return third, (low, high)


def shares(methods: Sequence[str]) -> list[Share]:
    """The methods by frequency, the most frequent first; equal counts by name."""
    ranked = sorted(Counter(methods).items(), key=lambda item: (-item[1], item[0]))
    return [Share(name, count, count / len(methods)) for name, count in ranked]


def percent(share: float) -> str:
    """A share in percent as in Table 1: `24.06%`."""
    return f"{100 * share:.2f}%"


def table(space: ECSpace, top: int = TOP) -> list[dict[str, Any]]:
    """The cells of Table 1 from high E to low E, within each from low C to high C."""
    return [
        {
            "E": LEVELS[e],
            "C": LEVELS[c],
            "count": int(space.counts[e, c]),
            "methods": [
                {"method": part.method, "count": part.count, "percent": percent(part.share)}
                for part in space.shares(e, c)[:top]
            ],
        }
        for e in (2, 1, 0)
        for c in (0, 1, 2)
    ]


def examples(space: ECSpace, e: int, c: int, many: int) -> list[str]:
    """Example stimuli of a cell: close to its median scores, and of different methods first."""
    cell = space.cell(e, c)
    if cell.empty:
        return []
    scores = cell[["E_score", "C_score"]]
    spread = space.frame[["E_score", "C_score"]].std().replace(0.0, 1.0)
    distance = (((scores - scores.median()) / spread) ** 2).sum(axis=1)
    ranked = cell.assign(distance=distance).sort_values(["distance", "stimulus"])
    turn = ranked.groupby("method").cumcount()  # the nearest of each method come first
    ranked = ranked.assign(turn=turn).sort_values(["turn", "distance", "stimulus"])
    return ranked["stimulus"].head(many).tolist()


def admissible(points: Floats) -> npt.NDArray[np.bool_]:
    """Pareto-admissible points (N,): no other of (N, 2) is as good in both and better in one."""
    better_or_equal = np.all(points[None, :, :] >= points[:, None, :], axis=2)
    better = np.any(points[None, :, :] > points[:, None, :], axis=2)
    return np.asarray(~np.any(better_or_equal & better, axis=1), dtype=np.bool_)


def _cut(kept: pd.DataFrame, bins: str, unscored: int) -> ECSpace:
    e_third, e_cuts = thirds(kept["E_score"].to_numpy())
    c_scores = kept["C_score"].to_numpy()
    c_cuts = np.empty((3, 2))
    if bins == "independent":
        c_third, cuts = thirds(c_scores)
        c_cuts[:] = cuts
    else:
        c_third = np.empty(len(kept), dtype=np.intp)
        for band in range(3):
            inside = e_third == band
            c_third[inside], cuts = thirds(c_scores[inside])
            c_cuts[band] = cuts
    counts = np.zeros((3, 3), dtype=np.int64)
    np.add.at(counts, (e_third, c_third), 1)
    return ECSpace(
        frame=kept.assign(E_third=e_third, C_third=c_third),
        bins=bins,
        counts=counts,
        E_cuts=e_cuts,
        C_cuts=c_cuts,
        unscored=unscored,
    )
