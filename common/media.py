"""The files of pictures and stimuli under MEDIA_ROOT.

A file is named by its SHA-256, so the same file is stored only once. It gets that name when all of
it is on the disk.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import BinaryIO

from django.conf import settings

from common.atomic import replace_file
from common.errors import PictureError

_ABANDONED = 3600  # seconds after which no running process still writes a temporary file


def media_path(name: str) -> Path:
    """The path of the file that a FileField calls `name`.

    Raises:
        PictureError: the path is outside MEDIA_ROOT, as that of a tampered row may be.

    """
    if name.startswith("/") or ".." in name.split("/"):
        raise PictureError(f"the file name {name!r} is outside the media folder: correct the row")
    return Path(settings.MEDIA_ROOT) / name


def keep(folder: str, suffix: str, content: bytes) -> tuple[str, str]:
    """Store a file.

    Returns:
        The file's name below MEDIA_ROOT (`folder`/first two digits/SHA-256 + `suffix`), and its
        SHA-256.

    Raises:
        StorageError: it cannot be written.

    """
    sha256 = hashlib.sha256(content).hexdigest()
    name = f"{folder}/{sha256[:2]}/{sha256}{suffix}"
    with new_file(media_path(name)) as file:
        file.write(content)
    return name, sha256


def write_once(target: Path, make: Callable[[], bytes]) -> Path:
    """Write what `make` returns to `target`, unless that exists already."""
    if not target.exists():
        content = make()
        with new_file(target) as file:
            file.write(content)
    return target


def new_file(target: Path) -> AbstractContextManager[BinaryIO]:
    """Open a file below MEDIA_ROOT that gets its name when the block ends (see replace_file)."""
    return replace_file(target, temporary_folder=_temporary_folder(), make_folder=True)


def sweep_temporary(older_than: float = _ABANDONED) -> int:
    """Remove the temporary files of processes that were killed. Returns their number."""
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
