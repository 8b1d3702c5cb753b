"""The files of pictures and stimuli under MEDIA_ROOT.

A file is named by its SHA-256, so the same file is stored once and writing it twice is harmless. It
gets that name only when it is whole and on the disk.
"""

from __future__ import annotations

import hashlib
import os
import time
import uuid
from collections.abc import Callable
from pathlib import Path

from django.conf import settings

_ABANDONED = 3600  # seconds after which a temporary file can belong to no living writer
_PERMISSIONS = 0o644


def media_path(name: str) -> Path:
    """Where the file that a FileField calls `name` lies."""
    return Path(settings.MEDIA_ROOT) / name


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def keep(folder: str, suffix: str, write: Callable[[Path], None]) -> tuple[str, str]:
    """Keep what `write` writes to the path that it is given.

    Returns:
        The file's name below MEDIA_ROOT (`folder`/first two digits/SHA-256 + `suffix`), and its
        SHA-256.

    """
    with_temporary = _temporary(suffix)
    try:
        write(with_temporary)
        sha256 = sha256_of(with_temporary)
        name = f"{folder}/{sha256[:2]}/{sha256}{suffix}"
        publish(with_temporary, media_path(name))
    finally:
        with_temporary.unlink(missing_ok=True)
    return name, sha256


def write_once(target: Path, write: Callable[[Path], None]) -> Path:
    """Make `target` by `write` unless it is there already; half a file is never seen."""
    if not target.exists():
        temporary = _temporary(target.suffix)
        try:
            write(temporary)
            publish(temporary, target)
        finally:
            temporary.unlink(missing_ok=True)
    return target


def publish(temporary: Path, target: Path) -> None:
    """Give a finished temporary file its name, once its bytes are on the disk."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with temporary.open("rb") as file:
        os.fsync(file.fileno())
    temporary.chmod(_PERMISSIONS)
    temporary.replace(target)
    directory = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(directory)  # the new name itself survives a power cut
    finally:
        os.close(directory)


def sweep_temporary(older_than: float = _ABANDONED) -> int:
    """Remove temporary files that killed processes left behind; give their number."""
    oldest = time.time() - older_than
    abandoned = [path for path in _temporary_folder().iterdir() if path.stat().st_mtime < oldest]
    for path in abandoned:
        path.unlink(missing_ok=True)
    return len(abandoned)


def _temporary_folder() -> Path:
    # Below MEDIA_ROOT, so that a rename never crosses file systems.
    folder = media_path("temporary")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _temporary(suffix: str) -> Path:
    return _temporary_folder() / f"{uuid.uuid4().hex}{suffix}"
