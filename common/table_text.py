"""The text of a table: from a file, a pipe or gzip, within bounds, in UTF-8."""

from __future__ import annotations

import gzip
import io
import re
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from common.errors import InputError

MOST_BYTES = 500 * 1024 * 1024
"""Bytes of a table, after unpacking."""
_LONGEST_LINE = 10_000_000  # characters
_PIECE = 1 << 20
_BOM = b"\xef\xbb\xbf"
_SAVE = "save the table as CSV in UTF-8"
_OTHER_FORMATS = (
    (b"PK\x03\x04", "a ZIP archive"),
    (b"\xd0\xcf\x11\xe0", "an Excel workbook (.xls)"),
    (b"PAR1", "a Parquet file"),
    (b"ARROW1", "a Feather file"),
    (b"\x89HDF", "an HDF5 file"),
    (b"SQLite format 3", "an SQLite database"),
    (b"%PDF", "a PDF document"),
    (b"\xff\xfe", "text in UTF-16"),
    (b"\xfe\xff", "text in UTF-16"),
    (b"\x28\xb5\x2f\xfd", "compressed by zstd"),
    (b"BZh", "compressed by bzip2"),
    (b"\xfd7zXZ", "compressed by xz"),
)
_SEPARATOR_LINE = re.compile(r'"?sep=(.)"?\s*', re.IGNORECASE)
"""A first line by which spreadsheet programs name the separator."""


def read_bytes(path: Path, what: str) -> bytes:
    """The bytes of a file or pipe, unpacked if they are compressed by gzip.

    Raises:
        InputError: it cannot be read, or holds more than MOST_BYTES.

    """
    try:
        with path.open("rb") as file:
            data = _read_within(file, path)
            if data.startswith(b"\x1f\x8b"):
                with gzip.GzipFile(fileobj=io.BytesIO(data)) as unpacked:
                    data = _read_within(unpacked, path)
    except FileNotFoundError:
        raise InputError(f"there is no file {path}: name the {what} as a CSV file") from None
    except IsADirectoryError:
        raise InputError(f"{path} is a folder: name the {what} as a CSV file") from None
    except (OSError, EOFError, zlib.error) as error:
        shown = (error.strerror if isinstance(error, OSError) else None) or error
        raise InputError(f"the {what} {path} cannot be read: {shown}") from error
    return data


def _read_within(file: BinaryIO | gzip.GzipFile, path: Path) -> bytes:
    data = bytearray()
    while piece := file.read(_PIECE):
        data += piece
        if len(data) > MOST_BYTES:
            limit = MOST_BYTES // 1024**2
            raise InputError(f"{path} holds more than {limit} MB: split it by study")
    return bytes(data)


def is_parquet(data: bytes) -> bool:
    """Whether the bytes are those of a Parquet file."""
    return data.startswith(b"PAR1")


def is_zip(data: bytes) -> bool:
    """Whether the bytes are those of a ZIP archive."""
    return data.startswith(b"PK\x03\x04")


class Lines:
    """The physical lines of a table, from the header on.

    Attributes:
        skipped: lines before the first that is given.
        blanks: whether separators are followed by blanks.

    """

    def __init__(self, data: bytes, source: str) -> None:
        """Read the first line. Raises InputError unless this is UTF-8 text with commas."""
        _refuse_other_formats(data, source)
        self._data = data.removeprefix(_BOM)
        self._source = source
        self.skipped = 0
        first = next(self._read(), "")
        if named := _SEPARATOR_LINE.fullmatch(first):
            if named[1] != ",":
                raise InputError(
                    f"{source}, line 1 names {named[1]!r} as separator: save it with commas"
                )
            self.skipped = 1
        self.blanks = b', "' in self._data or bool(re.search(r",[ \t]+\S", self._header()))

    def __iter__(self) -> Iterator[str]:
        """Yield each line with its line break."""
        lines = self._read()
        for _ in range(self.skipped):
            next(lines, None)
        yield from lines

    def _header(self) -> str:
        return next((line for line in self if line.strip()), "")

    def _read(self) -> Iterator[str]:
        file = io.TextIOWrapper(io.BytesIO(self._data), encoding="utf-8", newline="")
        try:
            while line := file.readline(_LONGEST_LINE + 1):
                if len(line) > _LONGEST_LINE:
                    raise InputError(f"{self._source} has a line of over 10 million characters")
                yield line
        except UnicodeDecodeError:
            raise InputError(self._not_utf8()) from None

    def _not_utf8(self) -> str:
        try:
            self._data.decode("utf-8")
        except UnicodeDecodeError as error:
            line = len(self._data[: error.start].splitlines()) or 1
            byte = self._data[error.start]
            return f"{self._source}, line {line} is not UTF-8 (byte 0x{byte:02X}): {_SAVE}"
        return f"{self._source} is not UTF-8: {_SAVE}"


def _refuse_other_formats(data: bytes, source: str) -> None:
    for start, what in _OTHER_FORMATS:
        if data.startswith(start):
            workbook = start == b"PK\x03\x04" and b"xl/" in data
            shown = "an Excel workbook (.xlsx)" if workbook else what
            raise InputError(f"{source} is {shown}: {_SAVE}")
    if b"\0" in data[:4096]:
        raise InputError(f"{source} is text in UTF-16 or no text at all: {_SAVE}")
    if b"\0" in data:
        line = data[: data.index(b"\0")].count(b"\n") + 1
        raise InputError(f"{source}, line {line} holds a NUL character: {_SAVE}")
