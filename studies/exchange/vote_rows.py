"""Rows of votes to import, checked and converted to our columns."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path

from django.utils.dateparse import parse_datetime

from common.errors import InputError
from common.table_text import MOST_BYTES, is_zip, read_bytes
from common.tables import Table, clean, lacking, parse_table
from common.votes import one_row_each
from studies.exchange.columns import SCHEMA
from studies.models import Choice, Study, TrialKind

_SYNONYMS = {"session": "session_id"}
TRUTH = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False, "": False}
_NEEDED = {
    "participant": "observer",
    "stimulus_left": "condition_A",
    "stimulus_right": "condition_B",
    "choice": "is_A_selected",
}
"""Columns that a table of votes must have, and pwcmp's names for them."""
_FREE = {"reference", "rule", "rules_version"}
"""Columns of free text, whose surrounding blanks are kept."""
Row = dict[str, str]


def read_rows(path: Path) -> tuple[Table, list[Row]]:
    """The table of a file, and its rows with all columns that are needed. Raises InputError."""
    table = _read(path)
    records = zip(table.records(), table.lines, strict=True)
    return table, [_completed(row, line) for row, line in records]


def target_of(table: Table, rows: Sequence[Row], given: str) -> str:
    """The target of all votes: that in the file, or else the given one."""
    for row, line in zip(rows, table.lines, strict=True):
        if given and row.get("target", "") not in ("", given):
            raise InputError(
                f"line {line}: target is {row['target']!r}, which contradicts --kind {given}: "
                "import the votes of each target by themselves"
            )
    otherwise = f"{table.source} names no target, or several: give --kind E or C"
    kind = given or only(rows, "target", otherwise)
    if kind not in Study.Kind.values:
        raise InputError(f"target '{kind}' is unknown: give --kind E or C")
    return kind


def only(rows: Sequence[Row], column: str, otherwise: str) -> str:
    """The single value of a column. Raises InputError(otherwise) if there is none, or several."""
    found = {row.get(column, "") for row in rows}
    if len(found) != 1 or "" in found:
        raise InputError(otherwise)
    return found.pop()


def number_of(text: str) -> int | None:
    """The whole number that a text holds; None for another text."""
    found = _WHOLE.fullmatch(text)
    return int(found[1]) if found and _is_count(text) else None


def _completed(row: Row, line: int) -> Row:
    """A row with a valid value in each of our columns that is needed."""
    full = {
        _SYNONYMS.get(key, key): value if key in _FREE else clean(value)
        for key, value in row.items()
    }
    full.setdefault("participant", full.get("observer", ""))
    full.setdefault("observer", full["participant"])
    for side, condition in (("stimulus_left", "condition_A"), ("stimulus_right", "condition_B")):
        if condition in full and full.get("scene"):
            full.setdefault(side, f"{full['scene']}/{full[condition]}" if full[condition] else "")
        full.setdefault(side, full.get(condition, ""))
    if "is_A_selected" in full:
        chosen = {"1": "left", "1.0": "left", "0": "right", "0.0": "right", "": "tie", "0.5": "tie"}
        full.setdefault("choice", chosen.get(full["is_A_selected"], full["is_A_selected"]))
    for column, default in (("kind", "real"), ("simulated", ""), ("excluded", "")):
        full[column] = full.get(column) or default
    full["simulated"] = full["simulated"].lower()
    for column, (is_known, wanted) in _CHECKS.items():
        value = full.get(column, "")
        if not is_known(value):
            raise InputError(f"line {line}: {column} is {value!r}: {wanted}; nothing was stored")
    if full["stimulus_left"] == full["stimulus_right"]:
        raise InputError(f"line {line}: a stimulus against itself; nothing was stored")
    return full


_WHOLE = re.compile(r"(\d{1,10})(\.0*)?", re.ASCII)
"""A whole number; programs without missing integers write 812 as 812.0."""


def _is_count(value: str) -> bool:
    found = _WHOLE.fullmatch(value)
    return value == "" or (found is not None and int(found[1]) < 2**31)


def _is_time(value: str) -> bool:
    try:
        parsed = parse_datetime(value) if value else None
    except ValueError:
        return False
    return not value or (parsed is not None and parsed.tzinfo is not None)


def _one_of(words: Sequence[str]) -> tuple[Callable[[str], bool], str]:
    return (lambda value: value in words), f"use {', '.join(word for word in words if word)}"


_NAME: tuple[Callable[[str], bool], str] = (lambda value: 0 < len(value) <= 500), "give a name"
_COUNT = (_is_count, "use a whole number of at least 0")
_CHECKS: dict[str, tuple[Callable[[str], bool], str]] = {
    "participant": _NAME,
    "stimulus_left": _NAME,
    "stimulus_right": _NAME,
    "choice": _one_of(Choice.values),
    "kind": _one_of(TrialKind.values),
    "simulated": _one_of(list(TRUTH)),
    "expected": _one_of(["", "left", "right"]),
    "excluded": ((lambda value: len(value) <= 100), "give a reason of at most 100 letters"),
    "response_ms": _COUNT,
    "hidden_ms": _COUNT,
    "position": _COUNT,
    "question_version": _COUNT,
    "received_at": (_is_time, "use a time such as 2026-03-01T12:00:00Z"),
    "schema": _one_of(["", str(SCHEMA), f"{SCHEMA}.0"]),
}


def _read(path: Path) -> Table:
    """The votes of a table, or of VOTES.csv in a bundle, with the columns that are needed."""
    data = read_bytes(path, "votes")
    source = str(path)
    if is_zip(data):
        data, source = _member(data, path), f"VOTES.csv in {path}"
    table = one_row_each(parse_table(data, source, "votes"))
    names = {_SYNONYMS.get(name, name) for name in table.names}
    missing = [
        needed for needed, instead in _NEEDED.items() if not names & {needed, *instead.split()}
    ]
    if missing:
        instead = ", ".join(_NEEDED[needed] for needed in missing)
        raise InputError(lacking("votes", missing, table.names, instead))
    return table


def _member(data: bytes, path: Path) -> bytes:
    """VOTES.csv of a bundle."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as bundle:
            if "VOTES.csv" not in bundle.namelist():
                workbook = any(name.startswith("xl/") for name in bundle.namelist())
                what = "an Excel workbook (.xlsx)" if workbook else "a ZIP archive"
                raise InputError(f"{path} is {what} without VOTES.csv: save the votes as CSV")
            if bundle.getinfo("VOTES.csv").file_size > MOST_BYTES:
                raise InputError(f"VOTES.csv in {path} is larger than 500 MB: split it by study")
            return bundle.read("VOTES.csv")
    except (OSError, ValueError, NotImplementedError, zipfile.BadZipFile, zlib.error) as error:
        raise InputError(f"the votes {path} cannot be read: {error}") from error
