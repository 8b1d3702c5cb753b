"""The instruments that measured the statistics of a model: encoder and basis (E), detector (C).

Numbers of two instruments have different scales. They are not mixed, and a model does not score
numbers of another instrument than it was fitted to. Their names are written and read by
metrics/effectiveness/instrument.py and metrics/boundaries/instrument.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from common.errors import InputError
from metrics.boundaries.instrument import coherence_parts
from metrics.effectiveness.instrument import effectiveness_parts

LETTERS = ("E", "C")


def instruments_used(
    table: pd.DataFrame, terms: Sequence[str], *, any_instrument: bool = False
) -> dict[str, str]:
    """The instruments of the terms: keys E, C, if the statistics have the column.

    table: statistics of the stimuli that were compared. Raises InputError for two instruments of
    one letter, unless `any_instrument`; their names are then joined by ` + `.
    """
    found: dict[str, str] = {}
    for letter in LETTERS:
        column = f"instrument_{letter}"
        if column not in table.columns or not any(term.startswith(letter) for term in terms):
            continue
        names = sorted(table[column].dropna().astype(str).unique())
        if len(names) > 1 and not any_instrument:
            raise InputError(
                f"{column} is not the same for all stimuli ({names[0]}, {names[1]}…): statistics "
                "of two instruments are not comparable; keep one, or allow any instrument"
            )
        if names:
            found[letter] = " + ".join(names)
    return found


def check_instruments(wanted: Mapping[str, str], table: pd.DataFrame) -> None:
    """Raise InputError if the statistics name another instrument than the model's.

    Statistics that name none are accepted.
    """
    for letter, name in wanted.items():
        column = f"instrument_{letter}"
        if column not in table.columns:
            continue
        others = set(table[column].dropna().astype(str)) - {name}
        if others:
            raise InputError(
                f"the model was fitted to {letter} measured with {name!r}, these statistics "
                f"with {min(others)!r}: measure with the same instrument, or use "
                "--any-instrument"
            )


def fingerprints(instruments: Mapping[str, str]) -> dict[str, str | int]:
    """Read encoder, basis, basis_size (pixels) and detector from the names of instruments.

    instruments: keys E, C. A name of another form, or two names joined by ` + `, has none.
    """
    names = {letter: name for letter, name in instruments.items() if " + " not in name}
    coherence = coherence_parts(names.get("C", ""))
    found: dict[str, str | int] = {**effectiveness_parts(names.get("E", ""))}
    return found | {key: part for key, part in coherence.items() if key == "detector"}
