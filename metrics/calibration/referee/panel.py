"""Votes beside all statistics: which stimuli met, in which groups, and who judged them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from metrics.calibration.data import Codes, Comparisons, Floats, people_of


@dataclass(frozen=True)
class Panel:
    """N votes on S stimuli.

    Attributes:
        comparisons: the votes; a difference is NaN where a stimulus lacks the statistic.
        people: (N,) codes of participants.
        left, right: (N,) codes of stimuli.
        values: (S, K), the statistics of each stimulus, NaN where missing.
        levels: `method`, `content`, `style` → names (S,) of each stimulus; a column that the
            statistics lack, or that is not given for all stimuli, is left out.
        stimuli: names (S,).

    """

    comparisons: Comparisons
    people: Codes
    left: Codes
    right: Codes
    values: Floats
    levels: dict[str, np.ndarray]
    stimuli: tuple[str, ...]

    @property
    def preferred(self) -> Floats:
        """(N,), 1 left, 0 right, ½ tie."""
        return self.comparisons.preferred

    def differences(self, terms: Sequence[str]) -> Floats:
        """(N, k), left minus right."""
        return self.comparisons.restrict(terms).differences

    def values_of(self, term: str) -> Floats:
        """(S,) of one statistic."""
        return np.asarray(self.values[:, self.comparisons.terms.index(term)])

    def sides(self, column: str) -> tuple[Codes, Codes] | None:
        """Codes (N,) of a column's levels on the left and on the right; None without the column."""
        if column not in self.levels:
            return None
        codes = np.unique(self.levels[column], return_inverse=True)[1].ravel()
        return codes[self.left], codes[self.right]

    def references(self, target: str) -> tuple[np.ndarray, str]:
        """The reference (S,) of each stimulus, and what it is.

        It is the style for votes on E, the content for votes on C, else both together; what the
        statistics do not name is left out.
        """
        wanted = {"E": ("style",), "C": ("content",)}.get(target, ("content", "style"))
        there = [column for column in wanted if column in self.levels]
        if not there:
            return np.zeros(len(self.stimuli), dtype=np.intp), "all stimuli"
        keys = [np.unique(self.levels[column], return_inverse=True)[1] for column in there]
        codes = np.unique(np.column_stack(keys), axis=0, return_inverse=True)[1]
        return codes.ravel(), " and ".join(there)


def panel(comparisons: Comparisons, statistics: pd.DataFrame) -> Panel:
    """Arrange the votes that entered `comparisons` (made with `keep_missing`)."""
    used = comparisons.used
    assert used is not None
    sides = [
        used[f"stimulus_{side}"].astype(str).to_numpy(dtype=object) for side in ("left", "right")
    ]
    names, codes = np.unique(np.concatenate(sides).astype(str), return_inverse=True)
    left, right = np.split(codes.ravel(), 2)
    table = statistics.assign(stimulus=statistics["stimulus"].astype(str)).set_index("stimulus")
    table = table.loc[names]
    levels = {
        column: table[column].astype(str).to_numpy(dtype=str)
        for column in ("method", "content", "style")
        if column in table.columns and table[column].notna().all()
    }
    return Panel(
        comparisons=comparisons,
        people=pd.factorize(people_of(used))[0].astype(np.intp),
        left=left,
        right=right,
        values=table[list(comparisons.terms)].to_numpy(dtype=np.float64),
        levels=levels,
        stimuli=tuple(names.tolist()),
    )
