"""The files of pictures and stimuli under MEDIA_ROOT, and in the object store if there is one.

A file is named by its SHA-256, so the same file is stored only once. It gets that name when all of
it is on the disk. All code reads and writes these files through this module.
"""

from __future__ import annotations

import hashlib
import os
import re
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import BinaryIO

from django.conf import settings

from common import object_store
from common.atomic import replace_file
from common.errors import PictureError, StorageError

_SHA256 = re.compile("[0-9a-f]{64}")
TEMPORARY = "temporary"
"""The folder of files that are being written."""
ABANDONED = 3600
"""Seconds after which no running process still writes a file, or a row that names it."""


def media_path(name: str) -> Path:
    """The path of the file that a FileField calls `name`.

    Raises:
        PictureError: the path is outside MEDIA_ROOT, as that of a tampered row may be.

    """
    if name.startswith("/") or ".." in name.split("/"):
        raise PictureError(f"the file name {name!r} is outside the media folder: correct the row")
    return Path(settings.MEDIA_ROOT) / name


def local_file(name: str) -> Path:
    """The path of the file that a FileField calls `name`, which is fetched from the store first.

    A file that neither this machine nor the store has is missing at the path.

    Raises:
        PictureError: as `media_path` does.
        StorageError: the store does not answer, or its file is damaged.

    """
    path = media_path(name)
    if not name or not object_store.is_used() or path.exists():
        return path
    content = object_store.get(name)
    if content is not None:
        if _SHA256.fullmatch(path.stem) and hashlib.sha256(content).hexdigest() != path.stem:
            raise StorageError(f"the store's file {name} is damaged: restore it from a backup")
        with new_file(path) as file:
            file.write(content)
    return path


def share_file(name: str) -> None:
    """Put a file of this machine into the store, if there is one.

    Raises:
        StorageError: the store does not answer, or refuses.

    """
    if object_store.is_used():
        object_store.put(name, media_path(name).read_bytes())


def remove_file(name: str) -> None:
    """Remove a file here and from the store. Other machines may keep their copies.

    Raises:
        StorageError: the store does not answer, or refuses.

    """
    media_path(name).unlink(missing_ok=True)
    if object_store.is_used():
        object_store.remove(name)


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
    if object_store.is_used():
        object_store.put(name, content)
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


def sweep_temporary(older_than: float = ABANDONED) -> int:
    """Remove the temporary files of processes that were killed. Returns their number."""
    oldest = time.time() - older_than
    abandoned = [path for path in _temporary_folder().iterdir() if path.stat().st_mtime < oldest]
    for path in abandoned:
        path.unlink(missing_ok=True)
    return len(abandoned)


def old_files(folder: str) -> Iterator[str]:
    """The names of the files in a folder below MEDIA_ROOT that are older than ABANDONED."""
    root = Path(settings.MEDIA_ROOT)
    oldest = time.time() - ABANDONED
    for parent, _, files in os.walk(media_path(folder)):  # links to folders are not followed
        for file in files:
            path = Path(parent, file)
            if _is_older(path, oldest):
                yield path.relative_to(root).as_posix()


def remove_old_file(name: str) -> bool:
    """Remove a file of this machine if it is older than ABANDONED. Whether it was removed.

    Raises:
        StorageError: it cannot be removed.

    """
    path = media_path(name)
    try:
        if not _is_older(path, time.time() - ABANDONED):
            return False
        path.unlink(missing_ok=True)
    except OSError as error:
        raise StorageError(f"cannot remove {path}: {error.strerror}") from error
    return True


def _is_older(path: Path, moment: float) -> bool:
    try:
        return path.lstat().st_mtime < moment
    except FileNotFoundError:  # removed meanwhile
        return False


def _temporary_folder() -> Path:
    # Below MEDIA_ROOT, so that a rename never crosses file systems.
    folder = media_path(TEMPORARY)
    folder.mkdir(parents=True, exist_ok=True)
    return folder
