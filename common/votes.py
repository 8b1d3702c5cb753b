"""Read tables of votes: each trial once, one row per vote."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from common.errors import InputError
from common.tables import MOST_ROWS, Table, clean, read_table

COUNTS = ("count", "counts", "freq", "frequency")
"""Columns that hold the number of votes that a row stands for."""
_UNCLEAR = ("n", "weight", "weights", "wins", "win", "wins1", "wins2", "win1", "win2", "losses",
            "votes", "times", "num_votes", "n_votes", "vote_count", "repetitions", "reps",
            "multiplicity", "occurrences", "tally", "battles")  # fmt: skip
"""Columns that may hold such a number, or something else."""
_PERSON = ("participant", "observer")
_WITHIN = ("study", "session", "session_id", "trial")
_PAIR = (("stimulus_left", "condition_A"), ("stimulus_right", "condition_B"))


def read_votes(path: Path) -> Table:
    """Read votes from a file or a pipe, as `common.tables.read_table` does, one row for each.

    A row with a column `count` becomes that many rows.

    Raises:
        InputError: the table cannot be read, a trial occurs in it twice, or it is not clear whether
            a column holds numbers of votes.

    """
    return one_row_each(read_table(path, "votes"))


def one_row_each(table: Table) -> Table:
    """Repeat counted rows. Raises InputError as `read_votes` does."""
    _check_trials(table)
    for position, name in enumerate(table.names):
        if name.lower() in _UNCLEAR:
            _check_not_counted(table, position)
    counted = [n for n, name in enumerate(table.names) if name.lower() in COUNTS]
    if not counted:
        return table
    if len(counted) > 1:
        named = " and ".join(repr(table.names[position]) for position in counted)
        raise InputError(f"{table.source} has the columns {named}: keep one")
    return _repeated(table, counted[0])


def _check_trials(table: Table) -> None:
    """Refuse a trial that occurs in the table twice: it would count as two votes."""
    trial = _first(table, ("trial",))
    if trial is None:
        return
    person = _first(table, _PERSON)
    pair = [column for names in _PAIR if (column := _first(table, names)) is not None]
    within = [n for n, name in enumerate(table.names) if name in _WITHIN]
    others = [*within, *([] if person is None else [person])]
    seen: dict[tuple[object, ...], int] = {}
    for row, line in zip(table.rows, table.lines, strict=True):
        if not (name := clean(row[trial])):
            continue
        sides = frozenset(row[column] for column in pair)
        earlier = seen.setdefault((*(row[column] for column in others), sides), line)
        if earlier != line:
            who = "" if person is None else f" of participant {clean(row[person])!r}"
            raise InputError(
                f"{table.source}, line {line}: trial {name!r}{who} is on line {earlier} "
                "already: keep one of them"
            )


def _first(table: Table, names: Sequence[str]) -> int | None:
    return next((table.names.index(name) for name in names if name in table.names), None)


def _check_not_counted(table: Table, position: int) -> None:
    for row, line in zip(table.rows, table.lines, strict=True):
        if clean(row[position]) not in ("", "1", "1.0"):
            raise InputError(
                f"{table.source}, line {line}: it is not clear what the column "
                f"{table.names[position]!r} means: call it 'count' if a row stands for that many "
                "votes, else leave it out or give it another name"
            )


def _repeated(table: Table, position: int) -> Table:
    rows: list[list[str]] = []
    lines: list[int] = []
    trial = _first(table, ("trial",))
    for row, line in zip(table.rows, table.lines, strict=True):
        times = _count(row[position], table, line)
        if len(rows) + times > MOST_ROWS:
            raise InputError(f"{table.source}, line {line}: the counts add up to too many votes")
        for number in range(1, times + 1):
            copy = row[:position] + row[position + 1 :]
            if trial is not None and number > 1 and row[trial]:
                # Every vote gets a trial id of its own.
                copy[trial - (trial > position)] += f"#{number}"
            rows.append(copy)
            lines.append(line)
    names = table.names[:position] + table.names[position + 1 :]
    return Table(table.source, table.what, names, rows, lines)


def _count(text: str, table: Table, line: int) -> int:
    digits, point, rest = clean(text).partition(".")
    if not (digits.isascii() and digits.isdigit()) or rest.strip("0") or len(digits) > 9:
        raise InputError(
            f"{table.source}, line {line}: the count {text!r} is not a whole number of votes"
        )
    return int(digits)
