"""Votes and statistics become comparisons: one row of differences x_left − x_right per vote.

Only free choices of people enter the fit. Votes that are left out are counted by reason, so that a
report accounts for every vote.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from common.errors import InputError
from common.lookup import check_name

from .instruments import instruments_used
from .vote_columns import (
    VOTE_COLUMNS,
    Line,
    flags,
    kinds_of,
    lines_of,
    other_target,
    reasons_left_out,
    require,
)

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.intp]

KINDS_LEFT_OUT = ("training", "gold", "trap", "repeat")
"""Repeats ask a pair again to measure the agreement of people with themselves (agreement.py)."""
TIES = ("drop", "half", "davidson")
"""drop: forced choice, ties are counted and left out. half: a tie is half a vote for either side.
davidson: a tie is a third outcome, with its own parameter."""


@dataclass(frozen=True)
class Comparisons:
    """N comparisons on K terms.

    differences: (N, K), x_left − x_right. preferred: (N,), 1 left, 0 right, ½ tie.
    participants, contents, styles: (N,) integer group codes; contents and styles are None if the
        statistics do not name them. pairs: (N,) code of the unordered pair of stimuli.
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
    """The rows of the votes that entered."""
    repeats: pd.DataFrame | None = None
    """The rows of the repeats that would have entered as first votes."""

    @property
    def votes(self) -> int:
        """Number of votes that entered."""
        return len(self.preferred)

    @property
    def people(self) -> int:
        """Number of participants of these votes."""
        return len(np.unique(self.participants))

    @property
    def ties(self) -> int:
        """Number of ties among these votes."""
        return int((self.preferred == 0.5).sum())

    def restrict(self, terms: Sequence[str]) -> Comparisons:
        """Return the same votes with fewer terms."""
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
    target: str = "",
    keep_missing: bool = False,
) -> Comparisons:
    """Join votes with the statistics of their stimuli.

    votes: columns participant, stimulus_left, stimulus_right, choice; optional kind, simulated,
    excluded. statistics: stimulus and every term; optional content, style, instrument_E,
    instrument_C. Simulated votes enter only with `include_simulated`, and are then counted. With
    `target` (E, C or O), votes whose column `target` names another are left out. With
    `keep_missing` a vote whose stimuli lack a statistic enters with NaN as its difference, and
    there may be no term.

    Raises InputError for missing columns, unreadable values, unknown stimuli, mixed instruments,
    and if no vote is left.
    """
    require(votes, VOTE_COLUMNS, "votes")
    if votes.empty:
        raise InputError("there are no votes: the votes file is empty")
    check_name("rule for ties", ties, TIES)
    line = lines_of(votes)
    votes = votes.reset_index(drop=True)
    table = statistics_table(statistics, terms, may_be_empty=keep_missing)
    reasons = reasons_left_out(votes, line, ties=ties, include_simulated=include_simulated)
    reasons = reasons.mask((other := other_target(votes, line, target)) != "", other)
    kinds = kinds_of(votes, line)
    repeats = votes[((reasons == "") & (kinds == "repeat")).to_numpy()]
    reasons = reasons.mask(kinds.isin(KINDS_LEFT_OUT), kinds)
    kept = votes[(reasons == "").to_numpy()]

    left, right = (
        _positions(kept[column], table.index, line)
        for column in ("stimulus_left", "stimulus_right")
    )
    values = table[list(terms)].to_numpy(dtype=np.float64)
    differences = values[left] - values[right]
    measured = np.isfinite(differences).all(axis=1) | keep_missing
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
    participants = pd.factorize(people_of(kept))[0]
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
        simulated=int(flags(kept, "simulated", line).sum()),
        instruments=instruments_used(
            table.iloc[np.union1d(left, right)], terms, any_instrument=any_instrument
        ),
        fingerprint=_fingerprint(kept, differences[enters], choice),
        used=kept,
        repeats=repeats,
    )


def statistics_table(
    statistics: pd.DataFrame, terms: Sequence[str], *, may_be_empty: bool = False
) -> pd.DataFrame:
    """Statistics indexed by stimulus, with every term a finite number or missing.

    Raises InputError for missing columns, a stimulus named twice, and values that are not numbers.
    """
    require(statistics, ("stimulus", *terms), "statistics")
    line = lines_of(statistics)
    if len(set(terms)) != len(terms) or not (terms or may_be_empty):
        raise InputError(f"terms {','.join(terms)!r}: name each term once, and at least one")
    if (unnamed := statistics["stimulus"].isna().to_numpy()).any():
        raise InputError(f"{line(unnamed)}a row of the statistics names no stimulus: name it")
    table = statistics.assign(stimulus=statistics["stimulus"].astype(str)).set_index("stimulus")
    if (again := table.index.duplicated()).any():
        name = table.index[again][0]
        raise InputError(
            f"{line(again)}the statistics name stimulus {name!r} twice: keep one row for each"
        )
    for term in terms:
        numbers = pd.to_numeric(table[term], errors="coerce").astype(np.float64)
        wrong = (numbers.isna() & table[term].notna()) | np.isinf(numbers)
        if wrong.any():
            first = table.index[wrong.to_numpy()][0]
            raise InputError(
                f"{line(wrong.to_numpy())}the statistics give {term} = {table[term][first]} for "
                f"stimulus {first!r}: a finite number, or nothing, is needed"
            )
        table[term] = numbers
    return table


def people_of(votes: pd.DataFrame) -> pd.Series[str]:
    """The participant of each vote, named by study and id: ids are unique only within a study.

    votes: column participant; optional study.
    """
    people = votes["participant"].astype(str)
    if "study" not in votes.columns:
        return people
    return people + "\x1f" + votes["study"].astype(object).fillna("").astype(str)


def choices_to_numbers(choices: pd.Series[str]) -> Floats:
    """Numbers (N,): 1 for left, 0 for right, ½ for a tie."""
    left, right = (np.asarray(choices == side, dtype=np.float64) for side in ("left", "right"))
    return 0.5 + 0.5 * (left - right)


def _positions(stimuli: pd.Series[str], index: pd.Index[str], line: Line) -> Codes:
    positions = index.get_indexer(pd.Index(stimuli.astype(str)))
    if (positions < 0).any():
        unknown = stimuli[positions < 0]
        marked = np.zeros(int(stimuli.index.max()) + 1, dtype=np.bool_)
        marked[unknown.index.to_numpy()] = True
        first = str(unknown.iloc[0])
        # Programs that read ids as numbers may write 812 as 812.0.
        other = first.removesuffix(".0") if first.endswith(".0") else f"{first}.0"
        what = "measure it, or leave its votes out"
        if other in index:
            what = f"they have {other!r}, write the ids alike in both tables"
        raise InputError(
            f"{line(marked)}{len(unknown)} vote{'s' * (len(unknown) > 1)} name a stimulus that "
            f"the statistics lack, the first {first!r}: {what}"
        )
    return positions


def _groups(table: pd.DataFrame, column: str, low: Codes, high: Codes) -> Codes | None:
    """Group votes by content or style; a pair with two levels counts as a level of its own."""
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
        return f"all {total} votes are simulated: include simulated votes explicitly"
    for reason, count in dropped.items():
        if reason.startswith("target ") and count == total:
            return f"all {total} votes are of {reason}: none can be fitted for the other"
    why = ", ".join(f"{reason} {count}" for reason, count in sorted(dropped.items()))
    return f"no vote is left of {total} ({why})"
