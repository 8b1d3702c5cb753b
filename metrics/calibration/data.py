"""Votes and statistics become comparisons: one row of differences x_left − x_right per vote.

Only what a person freely preferred enters the fit. Everything left out is counted by its reason,
so that a report can say where each vote went.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from common.errors import InputError
from common.lookup import check_name

from .instruments import instruments_used

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.intp]

VOTE_COLUMNS = ("participant", "stimulus_left", "stimulus_right", "choice")
CHOICES = ("left", "right", "tie")
KINDS = ("real", "training", "gold", "trap", "repeat")
KINDS_LEFT_OUT = ("training", "gold", "trap", "repeat")
"""Repeats ask a pair again to learn how far people agree with themselves (agreement.py)."""
TIES = ("drop", "half", "davidson")
"""drop: forced choice, ties are counted and left out. half: a tie is half a vote for either side.
davidson: a tie is an outcome of its own, with its own parameter."""


@dataclass(frozen=True)
class Comparisons:
    """N comparisons on K terms.

    differences: (N, K), x_left − x_right. preferred: (N,), 1 left, 0 right, ½ tie.
    participants, contents, styles: (N,) integer group codes; contents and styles are None where
    the statistics do not name them. pairs: (N,) code of the unordered pair of stimuli.
    """

    terms: tuple[str, ...]
    differences: Floats
    preferred: Floats
    participants: Codes
    contents: Codes | None = None
    styles: Codes | None = None
    pairs: Codes | None = None
    lower_left: npt.NDArray[np.bool_] | None = None
    """(N,), whether the stimulus that the statistics name first was on the left."""
    dropped: dict[str, int] = field(default_factory=dict)
    simulated: int = 0
    instruments: dict[str, str] = field(default_factory=dict)
    fingerprint: str = ""
    used: pd.DataFrame | None = None
    """The votes that entered, as they came."""
    repeats: pd.DataFrame | None = None
    """The votes that would have entered, had they not been repeats."""

    @property
    def votes(self) -> int:
        """How many votes entered."""
        return len(self.preferred)

    @property
    def people(self) -> int:
        """How many participants the votes come from."""
        return len(np.unique(self.participants))

    @property
    def ties(self) -> int:
        """How many of the votes are ties."""
        return int((self.preferred == 0.5).sum())

    def restrict(self, terms: Sequence[str]) -> Comparisons:
        """Give the same votes on fewer terms."""
        columns = [self.terms.index(term) for term in terms]
        return replace(self, terms=tuple(terms), differences=self.differences[:, columns])


def compare(
    votes: pd.DataFrame,
    statistics: pd.DataFrame,
    terms: Sequence[str],
    *,
    ties: str = "drop",
    include_simulated: bool = False,
    any_instrument: bool = False,
) -> Comparisons:
    """Join votes with the statistics of their stimuli.

    votes: columns participant, stimulus_left, stimulus_right, choice; optional kind, simulated,
    excluded. statistics: stimulus and every term; optional content, style, instrument_E,
    instrument_C. Simulated votes enter only with `include_simulated`, and are then counted.

    Raises InputError for missing columns, unreadable values, unknown stimuli, mixed instruments,
    and where no vote is left.
    """
    _require(votes, VOTE_COLUMNS, "the votes")
    if votes.empty:
        raise InputError("there are no votes: the votes file is empty")
    check_name("rule for ties", ties, TIES)
    votes = votes.reset_index(drop=True)
    table = statistics_table(statistics, terms)
    reasons = _reasons(votes, ties=ties, include_simulated=include_simulated)
    kinds = _kinds(votes)
    repeats = votes[((reasons == "") & (kinds == "repeat")).to_numpy()]
    reasons = reasons.mask(kinds.isin(KINDS_LEFT_OUT), kinds)
    kept = votes[(reasons == "").to_numpy()]

    left, right = (
        _positions(kept[column], table.index) for column in ("stimulus_left", "stimulus_right")
    )
    values = table[list(terms)].to_numpy(dtype=np.float64)
    differences = values[left] - values[right]
    measured = np.isfinite(differences).all(axis=1)
    distinct = left != right
    enters = measured & distinct
    why = Counter(reasons[reasons != ""])
    why["a stimulus against itself"] = int((~distinct).sum())
    why["statistic missing"] = int((distinct & ~measured).sum())
    dropped = {str(reason): why[reason] for reason in sorted(why) if why[reason]}
    kept, left, right = kept[enters], left[enters], right[enters]
    if kept.empty:
        raise InputError(_nothing_left(dropped, len(votes)))

    choice = choices_to_numbers(kept["choice"])
    low, high = np.minimum(left, right), np.maximum(left, right)
    participants = pd.factorize(kept["participant"].astype(str))[0]
    return Comparisons(
        terms=tuple(terms),
        differences=differences[enters],
        preferred=choice,
        participants=participants,
        contents=_groups(table, "content", low, high),
        styles=_groups(table, "style", low, high),
        pairs=pd.factorize(low * len(table) + high)[0],
        lower_left=left < right,
        dropped=dropped,
        simulated=int(_flags(kept, "simulated").sum()),
        instruments=instruments_used(
            table.iloc[np.union1d(left, right)], terms, any_instrument=any_instrument
        ),
        fingerprint=_fingerprint(kept, differences[enters], choice),
        used=kept,
        repeats=repeats,
    )


def statistics_table(statistics: pd.DataFrame, terms: Sequence[str]) -> pd.DataFrame:
    """Statistics indexed by stimulus, with every term a finite number or missing.

    Raises InputError for missing columns, a stimulus named twice, and values that are no numbers.
    """
    _require(statistics, ("stimulus", *terms), "the statistics")
    if len(set(terms)) != len(terms) or not terms:
        raise InputError(f"terms {','.join(terms)!r}: name each term once, and at least one")
    if statistics["stimulus"].isna().any():
        raise InputError("a row of the statistics names no stimulus: every row needs one")
    table = statistics.assign(stimulus=statistics["stimulus"].astype(str)).set_index("stimulus")
    twice = table.index[table.index.duplicated()]
    if len(twice):
        raise InputError(f"the statistics name stimulus {twice[0]!r} twice: keep one row for each")
    for term in terms:
        numbers = pd.to_numeric(table[term], errors="coerce").astype(np.float64)
        wrong = (numbers.isna() & table[term].notna()) | np.isinf(numbers)
        if wrong.any():
            first = table.index[wrong.to_numpy()][0]
            raise InputError(
                f"the statistics give {term} = {table[term][first]} for stimulus {first!r}: "
                "a finite number, or nothing, is needed"
            )
        table[term] = numbers
    return table


def choices_to_numbers(choices: pd.Series[str]) -> Floats:
    """Give (N,): 1 where the left stimulus was preferred, 0 the right, ½ a tie."""
    left, right = (np.asarray(choices == side, dtype=np.float64) for side in ("left", "right"))
    return 0.5 + 0.5 * (left - right)


def _require(frame: pd.DataFrame, columns: Sequence[str], what: str) -> None:
    missing = [column for column in columns if column not in frame.columns]
    if missing:
        raise InputError(f"{what} lack the column{'s' * (len(missing) > 1)} {', '.join(missing)}")


def _reasons(votes: pd.DataFrame, *, ties: str, include_simulated: bool) -> pd.Series[str]:
    """Give for each vote why it stays out whatever its kind, or an empty string."""
    unknown = votes["choice"][~votes["choice"].isin(CHOICES)]
    if len(unknown):
        first = unknown.iloc[0]
        what = "of nothing" if pd.isna(first) else repr(str(first))
        raise InputError(
            f"choice {what} in {len(unknown)} votes is unknown: use {', '.join(CHOICES)}"
        )
    for column in VOTE_COLUMNS[:3]:
        if votes[column].isna().any():
            raise InputError(f"a vote has no {column}: every vote needs one")
    reasons = pd.Series("", index=votes.index, dtype=object)
    if ties == "drop":
        reasons[votes["choice"] == "tie"] = "tie"
    if not include_simulated:
        reasons[_flags(votes, "simulated")] = "simulated"
    if "excluded" in votes.columns:
        excluded = _each_value(votes["excluded"], _exclusion)
        reasons = reasons.mask(excluded != "", excluded)
    return reasons


def _kinds(votes: pd.DataFrame) -> pd.Series[str]:
    if "kind" not in votes.columns:
        return pd.Series("real", index=votes.index, dtype=object)
    kinds = votes["kind"].astype(object).fillna("real")
    strange = kinds[~kinds.isin(KINDS)]
    if len(strange):
        raise InputError(f"kind {strange.iloc[0]!r} is unknown: use {', '.join(KINDS)}")
    return kinds


def _flags(votes: pd.DataFrame, column: str) -> pd.Series[bool]:
    if column not in votes.columns:
        return pd.Series(False, index=votes.index)
    words = _each_value(votes[column], _word)
    strange = words[~words.isin(("", "true", "false"))]
    if len(strange):
        raise InputError(f"{column} {strange.iloc[0]!r} is not understood: use true or false")
    return words == "true"


def _each_value(column: pd.Series[Any], translate: Callable[[Any], str]) -> pd.Series[str]:
    """Translate a column of few distinct values, however many rows it has."""
    codes, values = pd.factorize(column, use_na_sentinel=False)
    words = np.array([translate(value) for value in values], dtype=object)
    return pd.Series(words[codes], index=column.index, dtype=object)


def _word(value: Any) -> str:
    """Give the many ways of writing a truth value as `true`, `false`, or the words themselves."""
    text = "" if pd.isna(value) else str(value).strip().lower()
    words = {"1": "true", "1.0": "true", "yes": "true", "0": "false", "0.0": "false", "no": "false"}
    return words.get(text, text)


def _exclusion(value: Any) -> str:
    """`excluded` may be a truth value or the words of a reason."""
    word = _word(value)
    if word in ("", "false"):
        return ""
    return "excluded" if word == "true" else f"excluded: {word}"


def _positions(stimuli: pd.Series[str], index: pd.Index[str]) -> Codes:
    positions = index.get_indexer(pd.Index(stimuli.astype(str)))
    if (positions < 0).any():
        unknown = stimuli[positions < 0]
        raise InputError(
            f"{len(unknown)} vote{'s' * (len(unknown) > 1)} name a stimulus that the statistics "
            f"lack, the first {str(unknown.iloc[0])!r}: measure it, or leave its votes out"
        )
    return positions


def _groups(table: pd.DataFrame, column: str, low: Codes, high: Codes) -> Codes | None:
    """Group votes by content or style; a pair that mixes two levels is a level of its own."""
    if column not in table.columns or table[column].isna().all():
        return None
    levels = pd.factorize(table[column].astype(str))[0]
    one, other = np.sort([levels[low], levels[high]], axis=0)
    return np.asarray(pd.factorize(one * (levels.max() + 1) + other)[0], dtype=np.intp)


def _fingerprint(kept: pd.DataFrame, differences: Floats, choice: Floats) -> str:
    """SHA-256 of what entered the fit; the order of the rows does not matter."""
    columns = list(VOTE_COLUMNS[:3])
    frame = pd.DataFrame(differences).assign(choice=choice)
    rows = pd.util.hash_pandas_object(kept[columns].astype(str), index=False).to_numpy()
    rows = rows * np.uint64(31) + pd.util.hash_pandas_object(frame, index=False).to_numpy()
    return hashlib.sha256(np.sort(rows).tobytes()).hexdigest()


def _nothing_left(dropped: dict[str, int], total: int) -> str:
    if dropped.get("simulated") == total:
        return f"all {total} votes are simulated: say that simulated votes shall be included"
    why = ", ".join(f"{reason} {count}" for reason, count in sorted(dropped.items()))
    return f"no vote is left of {total} ({why})"
