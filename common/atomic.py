"""Write whole files: a reader sees the old file or the new one, never a part of either."""

from __future__ import annotations

import errno
import os
import stat
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from common.errors import StorageError


@contextmanager
def replace_file(
    target: Path,
    *,
    mode: int = 0o644,
    temporary_folder: Path | None = None,
    make_folder: bool = False,
    keep_existing: bool = False,
) -> Iterator[BinaryIO]:
    """Open a temporary file that takes the name `target` when the block ends without an error.

    The content is flushed to the disk before the file is renamed, and the new name survives a power
    cut. An existing device or pipe, such as /dev/stdout, is written to directly.

    Args:
        target: the path of the file; a symbolic link is followed.
        mode: permissions of the file.
        temporary_folder: where the temporary file lies, on the same file system; by default beside
            the target.
        make_folder: make the target's folder if it is missing.
        keep_existing: leave the target unchanged if it exists when the block ends.

    Raises:
        StorageError: the file cannot be written.

    """
    path = Path(os.path.realpath(target))
    try:
        if path.exists() and not (path.is_file() or path.is_dir()):
            with path.open("wb") as file:
                yield file
            return
        if make_folder:
            path.parent.mkdir(parents=True, exist_ok=True)
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        folder = temporary_folder or path.parent
        temporary = folder / f".{path.name[:100]}.{uuid.uuid4().hex}.tmp"
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                yield file
                file.flush()
                os.fchmod(file.fileno(), mode)
                os.fsync(file.fileno())
            _publish(temporary, path, keep_existing)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise StorageError(f"cannot write {target}: {reason(error)}") from error


def write_bytes(content: bytes, target: Path, *, make_folder: bool = False) -> None:
    """Write a file whole or not at all. Raises StorageError if it cannot be written."""
    with replace_file(target, make_folder=make_folder) as file:
        file.write(content)


def write_text(text: str, target: Path, *, make_folder: bool = False) -> None:
    """Write UTF-8 text whole or not at all. Raises StorageError if it cannot be written."""
    write_bytes(text.encode("utf-8"), target, make_folder=make_folder)


def make_folder(folder: Path) -> None:
    """Make a folder for several files. Raises StorageError if that is not possible."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(f"cannot make the folder {folder}: {reason(error)}") from error


def check_writable(target: Path, *, make_folder: bool = False) -> None:
    """Check, before long work, that `target` can be written; leaves no file behind.

    Raises:
        StorageError: its folder is missing or read-only, the disk is full, or it is a folder.

    """
    path = Path(os.path.realpath(target))
    if path.exists() and not (path.is_file() or path.is_dir()):
        return
    folder = path.parent
    while make_folder and not folder.exists():
        folder = folder.parent
    try:
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        probe = folder / f".{path.name[:100]}.{uuid.uuid4().hex}.tmp"
        descriptor = os.open(probe, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            os.write(descriptor, bytes(4096))
        finally:
            os.close(descriptor)
            probe.unlink()
    except OSError as error:
        raise StorageError(f"cannot write {target}: {reason(error)}") from error


def reason(error: OSError) -> str:
    """The reason why a file cannot be written, and what to do, in a few words."""
    if isinstance(error, FileNotFoundError):
        return "the folder does not exist, make it first"
    if isinstance(error, NotADirectoryError | FileExistsError):
        return "its folder is a file, name another place"
    if isinstance(error, IsADirectoryError):
        return "it is a folder, name a file"
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"the disk is full ({error.strerror}), free some space and try again"
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return f"{(error.strerror or 'not allowed').lower()}, name a place that you may write to"
    return error.strerror or str(error)


def _publish(temporary: Path, path: Path, keep_existing: bool) -> None:
    if keep_existing:
        try:
            # The link fails if another process has made the file meanwhile.
            os.link(temporary, path)
        except FileExistsError:
            return
    else:
        temporary.replace(path)
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def same_file(one: Path, other: Path) -> bool:
    """Whether two paths lead to the same regular file; links are followed."""
    try:
        found = one.stat(), other.stat()
    except OSError:
        return False
    return os.path.samestat(*found) and stat.S_ISREG(found[0].st_mode)
