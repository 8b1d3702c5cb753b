"""Error messages of commands: one line, with the file of the traceback for an internal error."""

from __future__ import annotations

import errno
import os
import tempfile
import traceback

from common.atomic import reason

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)
"""Errors of a disk, wherever they occur."""


def disk_problem(error: BaseException) -> str | None:
    """The line for a disk that cannot be written, or None for another error."""
    found: BaseException | None = error
    seen: set[int] = set()
    while found is not None and id(found) not in seen:  # causes may form a circle
        seen.add(id(found))
        if isinstance(found, OSError) and found.errno in _FULL:
            where = f"cannot write {found.filename}" if found.filename else "cannot write"
            return f"{where}: {reason(found)}"
        if "disk is full" in str(found):  # SQLite's words
            return f"cannot write: the disk is full ({found}), free some space and try again"
        found = found.__cause__ or found.__context__
    return None


def fault(error: BaseException) -> str:
    """The message for an internal error. Writes the traceback into a file and names it."""
    said = " ".join(f"{type(error).__name__}: {error}".split())[:300]
    lines = "".join(traceback.format_exception(error))
    try:
        descriptor, name = tempfile.mkstemp(prefix="ecspace-fault-", suffix=".txt")
        with os.fdopen(descriptor, "w", encoding="utf-8", errors="replace") as file:
            file.write(lines)
    except OSError:
        name = "no file, because the disk cannot be written"
    return f"internal error, please report it: {said} (traceback in {name})"
