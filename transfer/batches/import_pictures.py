"""Bringing in many pictures: a folder from the command line, or the files of an upload."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.utils.text import get_valid_filename

from common.errors import PictureError
from common.formats import is_picture_name
from transfer.models import Picture

LARGEST_UPLOAD = 64 * 1024 * 1024
"""Bytes of one uploaded file; how many pixels it may hold is common.pictures' affair."""
_LONGEST_NAME = 100
_WORDLESS = re.compile(r"[^-\w. ]")


@dataclass(frozen=True)
class Imported:
    """What became of one file: a picture, or the problem with it."""

    file: str
    picture: Picture | None = None
    problem: str = ""


def import_files(
    files: Sequence[Path],
    role: str,
    *,
    licence: str = "",
    source: str = "",
    annotations: Iterable[Path] = (),
) -> Iterator[Imported]:
    """Store every usable picture; a bad file is reported and leaves nothing behind.

    Annotations (.mat) belong to the picture of the same stem. One without its picture is reported.
    """
    by_stem = {path.stem: path for path in annotations}
    for path in files:
        try:
            picture = Picture.from_file(
                path,
                role,
                name=_readable(path.stem),
                licence=licence,
                source=source,
                annotations=by_stem.pop(path.stem, None),
            )
        except PictureError as error:
            # A person knows the file by its name; where an upload lay meanwhile says nothing.
            shown = _readable(path.name)
            yield Imported(shown, problem=_readable(str(error).replace(str(path), shown)))
        else:
            yield Imported(_readable(path.name), picture)
    for path in by_stem.values():
        shown = _readable(path.name)
        yield Imported(shown, problem=f"{shown}: no picture of that name came with it")


def _readable(name: str) -> str:
    """The name of a file as text: bytes of it that are no text cannot be stored or shown."""
    return name.encode(errors="replace").decode()


def pictures_in(folder: Path) -> list[Path]:
    """The picture files of a folder and the folders below it, by their suffix."""
    found = (path for path in folder.rglob("*") if is_picture_name(path))
    return sorted(path for path in found if path.is_file() and not path.name.startswith("."))


def import_uploads(
    uploads: Sequence[UploadedFile[Any]],
    role: str,
    *,
    licence: str = "",
    source: str = "",
    annotations: Sequence[UploadedFile[Any]] = (),
) -> list[Imported]:
    """Store uploaded pictures; their types are found from their content, never from their names."""
    with tempfile.TemporaryDirectory() as folder:
        pictures, problems = _save_uploads(uploads, Path(folder) / "pictures")
        mats, more = _save_uploads(annotations, Path(folder) / "annotations")
        done = import_files(pictures, role, licence=licence, source=source, annotations=mats)
        return [*problems, *more, *done]


def _save_uploads(
    uploads: Sequence[UploadedFile[Any]], folder: Path
) -> tuple[list[Path], list[Imported]]:
    """Uploaded files under safe names in `folder`, and the problems with the others."""
    saved, problems = [], []
    for number, upload in enumerate(uploads):
        name = _safe_name(upload.name or "")
        if (upload.size or 0) > LARGEST_UPLOAD:
            limit = LARGEST_UPLOAD // 1024 // 1024
            problems.append(Imported(name, problem=f"{name} is larger than {limit} MB"))
            continue
        # Two uploads may have one name.
        path = folder / str(number) / name
        path.parent.mkdir(parents=True)
        with path.open("wb") as file:
            for piece in upload.chunks():
                file.write(piece)
        saved.append(path)
    return saved, problems


def _safe_name(name: str) -> str:
    """The name without folders and without characters that mean something to a file system."""
    bare = Path(name.replace("\\", "/")).name.lstrip(".")
    stem, suffix = (_WORDLESS.sub("", part) for part in (Path(bare).stem, Path(bare).suffix[:10]))
    # File systems count bytes, of which a character may have four.
    stem = stem.encode()[:_LONGEST_NAME].decode(errors="ignore")
    return get_valid_filename(f"{stem or 'picture'}{suffix}")
