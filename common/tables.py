"""Read and write CSV tables: votes, statistics, scores, manifests.

All of them are read by the same code. The error for a row that cannot be read names its physical
line.
"""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from common.atomic import write_text
from common.errors import InputError
from common.spreadsheet import escape_formula, unescape_formula
from common.table_text import Lines, is_parquet, read_bytes

if TYPE_CHECKING:
    import pandas as pd

NAMES = ("participant", "study", "trial", "stimulus", "stimulus_left", "stimulus_right", "method",
         "content", "style")  # fmt: skip
"""Columns of names: `007` is not 7 on one side and 007 on the other, and `NA` may be a name."""
TEXT = (*NAMES, "choice", "kind", "target", "instrument_E", "instrument_C")
NOTHING = frozenset(["", "NA", "N/A", "#N/A", "NaN", "nan", "null", "NULL", "None"])
"""How other programs write a missing value."""
MOST_ROWS, MOST_CELLS = 2_000_000, 60_000_000
TIMES = "%Y-%m-%dT%H:%M:%S.%fZ"
_INVISIBLE = "\ufeff\u200b"
_SHOWN = 12  # column names in a message


@dataclass(frozen=True)
class Table:
    """The text of a table.

    Attributes:
        source: the file, for messages.
        what: the kind of its rows, for messages, such as `votes`.
        names: of the columns, each once.
        rows: texts, one for each name.
        lines: the physical line on which each row begins.

    """

    source: str
    what: str
    names: tuple[str, ...]
    rows: list[list[str]]
    lines: list[int]

    def records(self) -> list[dict[str, str]]:
        """The rows as dictionaries."""
        return [dict(zip(self.names, row, strict=True)) for row in self.rows]

    def require(self, names: Sequence[str], otherwise: str = "") -> None:
        """Raise InputError if a column is missing. `otherwise`: names that would do as well."""
        if missing := [name for name in names if name not in self.names]:
            raise InputError(f"{self.source}: {lacking(self.what, missing, self.names, otherwise)}")

    def frame(self) -> pd.DataFrame:
        """The rows with numbers as numbers; the index `line` holds their physical lines.

        A number is the double nearest to its digits. Texts lose surrounding blanks and are brought
        into Unicode's composed form, so that names from different programs are equal.
        """
        import pandas as pd

        columns = zip(*self.rows, strict=True) if self.rows else ([] for _ in self.names)
        index = pd.Index(self.lines, name="line", dtype="int64")
        return pd.DataFrame(
            {
                name: _column(name, [clean(cell) for cell in cells], index)
                for name, cells in zip(self.names, columns, strict=True)
            },
            index=index,
        )


def read_csv(path: Path, what: str) -> pd.DataFrame:
    """Read a table as `Table.frame` gives it. Raises InputError in one line."""
    return read_table(path, what).frame()


def read_table(path: Path, what: str) -> Table:
    """Read a table from a file or a pipe: CSV, plain or gzip, or Parquet.

    Args:
        path: UTF-8, separated by commas, with a header; a byte order mark and a line `sep=,` before
            it are accepted.
        what: the kind of its rows, for messages, such as `votes`.

    Raises:
        InputError: the table cannot be read.

    """
    return parse_table(read_bytes(path, what), str(path), what)


def parse_table(data: bytes, source: str, what: str) -> Table:
    """Read a table from bytes, as `read_table` does. Raises InputError."""
    if is_parquet(data):
        data = _csv_of_parquet(data, source)
    lines = Lines(data, source)
    reader = csv.reader(lines, strict=True, skipinitialspace=lines.blanks)
    names: list[str] = []
    rows: list[list[str]] = []
    starts: list[int] = []
    start = lines.skipped + 1
    apostrophes = b"'" in data
    try:
        for row in reader:
            if any(cell and not cell.isspace() for cell in row):
                if not names:
                    names = _names(row, source)
                else:
                    _check_width(row, names, source, start)
                    if apostrophes:
                        row = [unescape_formula(cell) for cell in row]
                    rows.append(row)
                    starts.append(start)
                    if len(rows) > MOST_ROWS or len(rows) * len(names) > MOST_CELLS:
                        raise InputError(f"{source} holds more than {len(rows) - 1} rows: split it")
            start = lines.skipped + reader.line_num + 1
    except csv.Error as error:
        why = "a quote is never closed" if "unexpected end" in str(error) else error
        raise InputError(f"{source}, line {start} cannot be read as CSV: {why}") from error
    if not names:
        raise InputError(f"{source} is empty: the {what} need at least a header")
    return _without_nameless(Table(source, what, tuple(names), rows, starts))


def clean(cell: str) -> str:
    """A text without blanks around it, in Unicode's composed form."""
    cell = cell.strip()
    if cell.isascii():
        return cell
    return unicodedata.normalize("NFC", cell.strip(_INVISIBLE).strip())


def lacking(what: str, missing: Sequence[str], names: Sequence[object], otherwise: str = "") -> str:
    """The message for missing columns: it names them and those that there are."""
    plural = "s" if len(missing) > 1 else ""
    have = ", ".join(str(name) for name in names[:_SHOWN])
    more = ", …" if len(names) > _SHOWN else ""
    instead = f" (or {otherwise})" if otherwise else ""
    return (
        f"the {what} lack the column{plural} {', '.join(missing)}{instead}; they have {have}{more}"
    )


def to_csv(frame: pd.DataFrame) -> str:
    """The table as CSV that `read_table` reads back; no cell is run as a formula."""
    safe = frame.copy()
    for name in safe.columns:
        if not (safe[name].dtype.kind in "biufM" or str(safe[name].dtype) == "Int64"):
            safe[name] = safe[name].map(escape_formula)
    text = _Unix()
    safe = safe.rename(columns=escape_formula)
    safe.to_csv(text, index=False, date_format=TIMES, lineterminator="\r\n")
    return text.getvalue()


def rows_to_csv(rows: Iterable[Sequence[object]]) -> str:
    """Rows as CSV that `read_table` reads back; the first holds the names."""
    text = _Unix()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerows([escape_formula(cell) for cell in row] for row in rows)
    return text.getvalue()


class _Unix(io.StringIO):
    """Text with Unix line ends, from a writer that quotes both kinds of line break in cells."""

    def write(self, row: str) -> int:
        return super().write(row[:-2] + "\n" if row.endswith("\r\n") else row)


def write_csv(frame: pd.DataFrame, path: Path) -> None:
    """Write a table whole or not at all."""
    write_text(to_csv(frame), path, make_folder=True)


def _names(row: Sequence[str], source: str) -> list[str]:
    names = [unescape_formula(clean(name)) for name in row]
    for mark, called in ((";", "semicolons"), ("\t", "tabs"), ("|", "vertical bars")):
        if len(names) == 1 and mark in names[0]:
            raise InputError(f"{source} is separated by {called}: save it with commas")
    twice = next((name for name in names if name and names.count(name) > 1), None)
    if twice:
        raise InputError(f"{source} has two columns {twice!r}: keep one")
    return names


def _check_width(row: Sequence[str], names: Sequence[str], source: str, line: int) -> None:
    """Refuse a row that is too short or too long."""
    if len(row) == len(names):
        return
    counted = f"{len(row)} value{'s' if len(row) > 1 else ''}"
    why = "the file may be cut off" if len(row) < len(names) else "quote values that hold commas"
    raise InputError(
        f"{source}, line {line} has {counted}, the first line {len(names)} names: {why}"
    )


def _without_nameless(table: Table) -> Table:
    """Leave out columns without a name: an index in front, and empty ones of spreadsheets."""
    if all(table.names):
        return table
    for number, name in enumerate(table.names):
        if number and not name:
            for row, line in zip(table.rows, table.lines, strict=True):
                if row[number].strip():
                    raise InputError(
                        f"{table.source}, line {line} has a value in column {number + 1}, which "
                        "has no name in the first line: name it or leave it out"
                    )
    kept = [number for number, name in enumerate(table.names) if name]
    if not kept:
        raise InputError(f"{table.source} names no column in its first line")
    rows = [[row[number] for number in kept] for row in table.rows]
    names = tuple(table.names[number] for number in kept)
    return Table(table.source, table.what, names, rows, table.lines)


def _column(name: str, cells: Sequence[str], index: pd.Index[Any]) -> pd.Series[Any]:
    import pandas as pd

    missing = {""} if name in NAMES else NOTHING
    if name in TEXT:
        return pd.Series([None if cell in missing else cell for cell in cells], index, dtype="str")
    values = [None if cell in missing else cell for cell in cells]
    given = [value for value in values if value is not None]
    if all(_is_whole(value) for value in given):
        whole = len(given) == len(values) and bool(given)
        if whole:
            return pd.Series([int(value) for value in given], index, dtype="int64")
    try:
        numbers = [None if value is None else _number(value) for value in values]
        return pd.Series(numbers, index, dtype="float64")
    except ValueError:
        pass
    if len(given) == len(values) and {value.lower() for value in given} <= {"true", "false"}:
        return pd.Series([value.lower() == "true" for value in given], index, dtype="bool")
    return pd.Series(values, index, dtype="str")


def _is_whole(text: str) -> bool:
    digits = text.removeprefix("-")
    return digits.isascii() and digits.isdigit() and len(digits) < 19


def _number(text: str) -> float:
    if "_" in text or not text.isascii():  # float() takes both
        raise ValueError(text)
    return float(text)


def _csv_of_parquet(data: bytes, source: str) -> bytes:
    import pyarrow.parquet as pq

    try:
        # A small file may hold many repeated values, so the counts in its header are checked first.
        head = pq.read_metadata(io.BytesIO(data))
        if head.num_rows > MOST_ROWS or head.num_rows * head.num_columns > MOST_CELLS:
            raise InputError(f"{source} holds {head.num_rows} rows: split it by study")
        frame = pq.read_table(io.BytesIO(data)).to_pandas()
    except (ValueError, OSError) as error:
        raise InputError(f"{source} cannot be read as Parquet: {error}") from error
    return to_csv(frame).encode()
