"""Check the columns of votes: the reason why a vote is left out, and the kind of its trial."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from common.errors import InputError
from common.tables import lacking

VOTE_COLUMNS = ("participant", "stimulus_left", "stimulus_right", "choice")
CHOICES = ("left", "right", "tie")
KINDS = ("real", "training", "gold", "trap", "repeat")

Line = Callable[[npt.NDArray[np.bool_]], str]
"""Returns the physical line of the first row that a mask marks, such as `line 7: `."""


def require(frame: pd.DataFrame, columns: Sequence[str], what: str) -> None:
    """Raise InputError if a column is missing; `what` names the rows."""
    if missing := [column for column in columns if column not in frame.columns]:
        raise InputError(lacking(what, missing, list(frame.columns)))


def lines_of(frame: pd.DataFrame) -> Line:
    """Physical lines of a table that was read from a file; empty for other tables."""
    lines = frame.index.to_numpy() if frame.index.name == "line" else None
    return lambda mask: "" if lines is None else f"line {lines[np.flatnonzero(mask)[0]]}: "


def other_target(votes: pd.DataFrame, line: Line, target: str) -> pd.Series[str]:
    """`target C` for votes on another question than `target`, else an empty string.

    A column `question` counts as well if it names targets only.
    """
    nothing = pd.Series("", index=votes.index, dtype=object)
    column = next((name for name in ("target", "question") if name in votes.columns), None)
    if not target or column is None:
        return nothing
    named = _each_value(votes[column], lambda value: "" if pd.isna(value) else str(value).strip())
    known = named.str.lower().replace({"effectiveness": "e", "coherence": "c", "overall": "o"})
    if (strange := ~known.isin(["", "e", "c", "o"])).any():
        if column == "question":  # the words that people read
            return nothing
        raise InputError(
            f"{line(strange.to_numpy())}target {named[strange].iloc[0]!r} is unknown: use E or C"
        )
    known = known.str.upper()
    return ("target " + known).where((known != "") & (known != target), "")


def reasons_left_out(
    votes: pd.DataFrame, line: Line, *, ties: str, include_simulated: bool
) -> pd.Series[str]:
    """The reason why each vote is left out, whatever its kind; an empty string for the others."""
    strange = ~votes["choice"].isin(CHOICES)
    unknown = votes["choice"][strange]
    if len(unknown):
        first = unknown.iloc[0]
        what = "of nothing" if pd.isna(first) else repr(str(first))
        raise InputError(
            f"{line(strange.to_numpy())}choice {what} in {len(unknown)} votes is unknown: "
            f"use {', '.join(CHOICES)}"
        )
    for column in VOTE_COLUMNS[:3]:
        if (nameless := votes[column].isna().to_numpy()).any():
            raise InputError(f"{line(nameless)}a vote has no {column}: every vote needs one")
    reasons = pd.Series("", index=votes.index, dtype=object)
    if ties == "drop":
        reasons[votes["choice"] == "tie"] = "tie"
    if not include_simulated:
        reasons[flags(votes, "simulated", line)] = "simulated"
    if "excluded" in votes.columns:
        excluded = _each_value(votes["excluded"], _exclusion)
        reasons = reasons.mask(excluded != "", excluded)
    return reasons


def kinds_of(votes: pd.DataFrame, line: Line) -> pd.Series[str]:
    """The kind of each trial, `real` if none is given. Raises InputError for another word."""
    if "kind" not in votes.columns:
        return pd.Series("real", index=votes.index, dtype=object)
    kinds = votes["kind"].astype(object).fillna("real")
    if (strange := ~kinds.isin(KINDS)).any():
        raise InputError(
            f"{line(strange.to_numpy())}kind {kinds[strange].iloc[0]!r} is unknown: "
            f"use {', '.join(KINDS)}"
        )
    return kinds


def flags(votes: pd.DataFrame, column: str, line: Line) -> pd.Series[bool]:
    """A column of truth values, false if none is given. Raises InputError for other words."""
    if column not in votes.columns:
        return pd.Series(False, index=votes.index)
    words = _each_value(votes[column], _word)
    if (strange := ~words.isin(("", "true", "false"))).any():
        raise InputError(
            f"{line(strange.to_numpy())}{column} {words[strange].iloc[0]!r} is not understood: "
            "use true or false"
        )
    return words == "true"


def _each_value(column: pd.Series[Any], translate: Callable[[Any], str]) -> pd.Series[str]:
    """Translate a column of few distinct values, however many rows it has."""
    codes, values = pd.factorize(column, use_na_sentinel=False)
    words = np.array([translate(value) for value in values], dtype=object)
    return pd.Series(words[codes], index=column.index, dtype=object)


def _word(value: Any) -> str:
    """`true` or `false` for any way of writing a truth value; other words unchanged."""
    text = "" if pd.isna(value) else str(value).strip().lower()
    words = {"1": "true", "1.0": "true", "yes": "true", "0": "false", "0.0": "false", "no": "false"}
    return words.get(text, text)


def _exclusion(value: Any) -> str:
    """`excluded` is a truth value or a reason in words."""
    word = _word(value)
    if word in ("", "false"):
        return ""
    return "excluded" if word == "true" else f"excluded: {word}"
