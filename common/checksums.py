"""SHA-256 sums of files, and the files that list them."""

from __future__ import annotations

import codecs
import hashlib
import re
from pathlib import Path


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


_SUM = re.compile(r"(?<![0-9a-fA-F])[0-9a-fA-F]{64}(?![0-9a-fA-F])")
_LARGEST = 1 << 20  # bytes of a list that are read


def listed_sha256(listing: Path, name: str) -> str:
    """The SHA-256 that a `.sha256` file states for the file `name`, in lower case.

    Accepted are the formats of sha256sum (`HASH *NAME`), of BSD (`SHA256 (NAME) = HASH`) and of
    PowerShell's Get-FileHash, in UTF-8 or in UTF-16 with a byte order mark. A sum on a line with
    another name is used only if no line has `name`. Returns an empty text if there is none.
    """
    with listing.open("rb") as file:
        lines = _text(file.read(_LARGEST)).splitlines()
    found = [(line, match[0].lower()) for line in lines if (match := _SUM.search(line))]
    for line, digest in found:
        if re.search(rf"(?<![\w.-]){re.escape(name)}(?![\w.-])", line):
            return digest
    return found[0][1] if found else ""


def _text(data: bytes) -> str:
    wide = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    return data.decode("utf-16" if wide else "utf-8-sig", errors="replace").replace("\0", "")
