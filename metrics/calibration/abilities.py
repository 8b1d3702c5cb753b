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

from .data import Codes, Comparisons, Floats, choices_to_numbers, people_of
from .fit import fit
from .intervals import by_term, known
from .uncertainty import Flags, naive_errors, reasons, uncertainty


@dataclass(frozen=True)
class Abilities:
    """methods: M names. wins: (M, M), the number of times that the row was preferred to the column,
    a tie ½ for each.

    ability: (M,), log odds against the average method, sum 0; std_error: (M,), clustered by
    participant, and half_width: (M,), of the interval: NaN if not known, with the reason in notes.
    fit: `ml`, or `firth` if a method, or a group of them, always won or always lost.
    """

    methods: tuple[str, ...]
    wins: Floats
    ability: Floats
    std_error: Floats
    half_width: Floats
    fit: str
    notes: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return the export."""
        bounds = np.column_stack([self.ability - self.half_width, self.ability + self.half_width])
        return {
            "methods": list(self.methods),
            "wins": self.wins.tolist(),
            "ability": dict(zip(self.methods, self.ability.tolist(), strict=True)),
            "std_errors": by_term(self.methods, self.std_error),
            "intervals": {
                name: [known(low), known(high)]
                for name, (low, high) in zip(self.methods, bounds.tolist(), strict=True)
            },
            "fit": self.fit,
        }


def abilities(used: pd.DataFrame, statistics: pd.DataFrame) -> Abilities | None:
    """Estimate the ability of every method from the votes that entered a fit.

    used: votes; statistics: columns stimulus and method. Votes between stimuli of one method are
        left out. None if fewer than two methods are compared, or if the comparisons do not connect
        all of them.
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
    return _fit(tuple(methods.tolist()), wins, _rows(len(methods), one, other), preferred, people)


def _rows(many: int, one: Codes, other: Codes) -> Floats:
    """Differences (N, M): 1 for the method on the left, −1 for that on the right."""
    differences = np.zeros((len(one), many))
    rows = np.arange(len(one))
    differences[rows, one], differences[rows, other] = 1.0, -1.0
    return differences


def _fit(
    methods: tuple[str, ...], wins: Floats, differences: Floats, preferred: Floats, people: Codes
) -> Abilities:
    many = len(methods)
    data = Comparisons(
        methods[1:], differences[:, 1:], preferred, people
    )  # the first method has ability 0
    apart = _apart(wins)
    result = fit(data, "firth" if apart.any() else "ml")
    centre = (np.eye(many) - 1 / many)[:, 1:]  # against the average method
    found = uncertainty(result, people, centre)
    notes = reasons(found.without(apart), methods, "the ability of")
    if apart.any():
        # Participants who all prefer the same method show no differences, so clustered errors are
        # too small: take at least the inverse information of the penalised likelihood.
        found = found.at_least(naive_errors(result, centre)).without(apart)
        names = ", ".join(name for name, flag in zip(methods, apart, strict=True) if flag)
        notes.append(
            f"The error of the ability of {names} is not known: the votes on it and the other "
            "methods all agree, so that the most likely ability is infinite."
        )
    return Abilities(
        methods=methods,
        wins=wins,
        ability=centre @ result.coefficients,
        std_error=found.std_errors,
        half_width=found.half_widths(),
        fit=result.method,
        notes=tuple(notes),
    )


def _apart(wins: Floats) -> Flags:
    """Whether each method (M,) has no finite ability relative to most of the others.

    All are finite if and only if every method is beaten by every other, directly or through a chain
    of comparisons (Ford 1957). Otherwise the largest set in which that holds counts as finite.
    """
    count, group = connected_components(csr_array(wins), directed=True, connection="strong")
    if count == 1:
        return np.zeros(len(wins), dtype=bool)
    sizes = np.bincount(group)
    return np.asarray((group != sizes.argmax()) | (sizes.max() == 1))
