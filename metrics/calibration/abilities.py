"""Methods from votes alone: the win matrix and Bradley-Terry abilities.

Beside a model's mean score they show whether the statistics explain why a method wins.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from .covariance import clustered
from .data import Comparisons, Floats, choices_to_numbers, people_of
from .firth import firth
from .fit import fit


@dataclass(frozen=True)
class Abilities:
    """methods: M names. wins: (M, M), how often row beat column, a tie ½ for each.

    ability: (M,), log odds against the average method, sum 0; std_error: (M,), clustered by
    participant. fit: `ml`, or `firth` where some method always won or lost.
    """

    methods: tuple[str, ...]
    wins: Floats
    ability: Floats
    std_error: Floats
    fit: str

    def to_json(self) -> dict[str, Any]:
        """Give the export."""
        return {
            "methods": list(self.methods),
            "wins": self.wins.tolist(),
            "ability": dict(zip(self.methods, self.ability.tolist(), strict=True)),
            "std_errors": {
                name: float(error) if np.isfinite(error) else None
                for name, error in zip(self.methods, self.std_error, strict=True)
            },
            "fit": self.fit,
        }


def abilities(used: pd.DataFrame, statistics: pd.DataFrame) -> Abilities | None:
    """Estimate the ability of every method from the votes that entered a fit.

    used: votes; statistics: columns stimulus and method. Votes between stimuli of one method say
    nothing. None where fewer than two methods meet, or where they fall into groups that never meet.
    """
    if "method" not in statistics.columns:
        return None
    method_of = statistics.assign(stimulus=statistics["stimulus"].astype(str)).set_index("stimulus")
    left, right = (
        method_of["method"].reindex(used[column].astype(str)).to_numpy(dtype=object)
        for column in ("stimulus_left", "stimulus_right")
    )
    meet = (left != right) & ~(pd.isna(left) | pd.isna(right))
    if not meet.any():
        return None
    left, right = left[meet].astype(str), right[meet].astype(str)
    preferred = choices_to_numbers(used["choice"])[meet]
    methods, codes = np.unique(np.concatenate([left, right]), return_inverse=True)
    one, other = np.split(codes, 2)
    wins = np.zeros((len(methods), len(methods)))
    np.add.at(wins, (one, other), preferred)
    np.add.at(wins, (other, one), 1 - preferred)
    if connected_components(csr_array(wins + wins.T), directed=False)[0] > 1:
        return None
    people = pd.factorize(people_of(used))[0][meet]
    return _fit(tuple(methods.tolist()), wins, one, other, preferred, people)


def _fit(
    methods: tuple[str, ...],
    wins: Floats,
    one: np.ndarray[Any, Any],
    other: np.ndarray[Any, Any],
    preferred: Floats,
    people: np.ndarray[Any, Any],
) -> Abilities:
    many = len(methods)
    differences = np.zeros((len(preferred), many))
    rows = np.arange(len(preferred))
    differences[rows, one], differences[rows, other] = 1.0, -1.0
    data = Comparisons(methods[1:], differences[:, 1:], preferred, people)  # the first is the zero
    # Finite if and only if every method is beaten, however indirectly, by every other (Ford 1957).
    finite = connected_components(csr_array(wins), directed=True, connection="strong")[0] == 1
    if finite:
        result = fit(data, "ml")
        beta, bread, scores = result.coefficients, result.bread, result.scores
    else:
        penalised = firth(data.differences, data.preferred)
        beta, bread, scores = penalised.coefficients, penalised.bread, penalised.scores
    centre = np.eye(many) - 1 / many  # against the average method
    whole = np.zeros((many, many))
    if data.people > 1:
        whole[1:, 1:] = clustered(scores, bread, people)
    variance = np.diag(centre @ whole @ centre)
    return Abilities(
        methods=methods,
        wins=wins,
        ability=centre @ np.append(0.0, beta),
        std_error=np.sqrt(variance) if data.people > 1 else np.full(many, np.nan),
        fit="ml" if finite else "firth",
    )
