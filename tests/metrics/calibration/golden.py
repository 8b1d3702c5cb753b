"""The published data sets of paired comparisons, as designs of differences."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from metrics.calibration.data import Comparisons

PAIRWISE = Path(__file__).resolve().parents[4] / "shared" / "golden" / "pairwise"


def read(name: str) -> pd.DataFrame:
    return pd.read_csv(PAIRWISE / name)


def reference(model: str) -> pd.DataFrame:
    """R's estimates and errors of one model, indexed by term."""
    table = read("reference_fits_R.csv")
    table["term"] = table["term"].str.replace(r"^\.\.|\[\.\.\]$|^journal", "", regex=True)
    return table[table["model"] == model].set_index("term")


def design(
    one: Sequence[str],
    other: Sequence[str],
    preferred: Sequence[float],
    items: Sequence[str],
    participants: Sequence[object] | None = None,
) -> Comparisons:
    """Each item but the reference is a term: +1 on the left, −1 on the right."""
    differences = np.array(
        [
            [float(a == item) - float(b == item) for item in items]
            for a, b in zip(one, other, strict=True)
        ]
    )
    people = range(len(differences)) if participants is None else participants
    return Comparisons(
        terms=tuple(items),
        differences=differences,
        preferred=np.asarray(preferred, dtype=float),
        participants=pd.factorize(np.asarray(people))[0],
    )


def counted(table: pd.DataFrame, items: Sequence[str]) -> Comparisons:
    """Counts of wins become votes: columns item, item, win1, win2 and perhaps tied."""
    one, other = table.columns[:2]
    rows: list[tuple[str, str, float]] = []
    for row in table.to_dict("records"):
        for column, value in (("win1", 1.0), ("win2", 0.0), ("tied", 0.5)):
            rows += [(str(row[one]), str(row[other]), value)] * int(row.get(column, 0))
    return design([r[0] for r in rows], [r[1] for r in rows], [r[2] for r in rows], items)


def covariates(name: str, terms: Sequence[str]) -> Comparisons:
    """A file that holds differences, winner minus loser, itself."""
    table = read(name)
    return Comparisons(
        terms=tuple(terms),
        differences=table[list(terms)].to_numpy(dtype=float),
        preferred=table["y"].to_numpy(dtype=float),
        participants=np.arange(len(table)),
    )


LIZARD_TERMS = ("lizard096", "lizard099", "throat.PC1", "throat.PC3", "head.length", "SVL")
CHAMELEON_TERMS = (
    "prev.wins.2", "ch.res", "prop.main", "jl.res", "tl.res", "mass.res", "SVL", "prop.patch",
)  # fmt: skip
SCHOOLS = ("Barcelona", "London", "Milano", "Paris", "St.Gallen")


def schools(*, tied: bool) -> Comparisons:
    """CEMS: 303 students compare six schools of management; Stockholm is the reference."""
    table = read("cems_long.csv").dropna()
    if not tied:
        table = table[table["tied"] == 0]
    return design(
        table["school1"], table["school2"], table["win1"] + table["tied"] / 2, SCHOOLS,
        table["student"],
    )  # fmt: skip


def tone_mapping() -> Comparisons:
    """Votes of 18 observers on tone-mapping operators; ferwerda96 is the reference."""
    table = read("pwcmp_tmo.csv")
    items = tuple(reference("tmo_ml").index)
    return design(
        table["condition_A"], table["condition_B"], table["is_A_selected"], items, table["observer"]
    )
