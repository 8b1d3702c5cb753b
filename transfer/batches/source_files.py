"""Files to be imported: those of a folder, or those of an upload."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

from django.core.files.uploadedfile import UploadedFile

from common.errors import PictureError
from common.formats import is_picture_name

LARGEST_UPLOAD = 64 * 2**20
"""Bytes of one uploaded file; common.pictures limits its pixels."""
LARGEST_FILE = 512 * 2**20
"""Bytes of one file of a folder."""


@dataclass(frozen=True)
class ImportFile:
    """A file to be imported.

    Attributes:
        name: its path below the folder, or the name of an upload; never used as a path.
        size: in bytes.
        read: returns its content.
        largest: bytes that are accepted.

    """

    name: str
    size: int
    read: Callable[[], bytes]
    largest: int = LARGEST_FILE

    @property
    def shown(self) -> str:
        """The name on one line, without folders."""
        return one_line(PurePath(self.name).name)

    def content(self) -> bytes:
        """Read the file. Raises PictureError if it is too large or cannot be read."""
        if self.size > self.largest:
            raise PictureError(f"{self.shown} is larger than {self.largest // 2**20} MB")
        try:
            return self.read()
        except OSError as error:
            raise PictureError(f"{self.shown} cannot be read ({error.strerror})") from None


def file_at(path: Path, folder: Path | None = None) -> ImportFile:
    """A file of the file system, named by its place below `folder`."""
    name = str(path.relative_to(folder)) if folder else path.name
    try:
        size = path.stat().st_size
    except OSError:
        raise PictureError(f"picture not found: {one_line(str(path))}: check the path") from None
    return ImportFile(name, size, path.read_bytes)


def pictures_in(folder: Path, skipped: Counter[str]) -> list[ImportFile]:
    """The picture files of a folder and the folders below it, by their suffix.

    Hidden files are ignored; other files are counted in `skipped`, by their suffix, and links that
    lead nowhere as such.
    """
    found = []
    for path in _visible_files(folder):
        if not path.is_file():
            skipped["broken link" if path.is_symlink() else "no regular file"] += 1
        elif is_picture_name(path):
            found.append(file_at(path, folder))
        else:
            skipped[path.suffix or "without suffix"] += 1
    return found


def annotations_in(folder: Path) -> list[ImportFile]:
    """The .mat files of a folder and the folders below it."""
    return [
        file_at(path, folder)
        for path in _visible_files(folder)
        if path.is_file() and path.suffix.lower() == ".mat"
    ]


def _visible_files(folder: Path) -> Iterable[Path]:
    for path in sorted(folder.rglob("*")):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if not hidden and not path.is_dir():
            yield path


def uploaded(upload: UploadedFile[Any]) -> ImportFile:
    """An uploaded file."""
    # The name is only a label; browsers on some systems separate folders by backslashes.
    bare = PurePath((upload.name or "").replace("\\", "/")).name.lstrip(".")
    return ImportFile(bare or "picture", upload.size or 0, upload.read, LARGEST_UPLOAD)


def picture_name(file: str) -> str:
    """The name of the picture in a file: one line, without folders and suffix."""
    return one_line(PurePath(file).stem) or "picture"


def one_line(text: str) -> str:
    """The text without line breaks and other control characters; undecodable bytes are marked.

    A file name may contain bytes that are not text and can be neither stored nor shown.
    """
    whole = text.encode(errors="replace").decode()
    return " ".join("".join(c if c.isprintable() else " " for c in whole).split())
