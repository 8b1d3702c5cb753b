"""Import content and style pictures: the files of a folder, or those of an upload."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import Any, Literal

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction

from common.annotations import Annotations, parse_annotations, to_mat, turned
from common.errors import InputError, PictureError
from common.formats import is_picture_name, suffix_of
from common.media import keep
from common.pictures import Original, read_original
from transfer.media.matching import Matches, match
from transfer.models import Picture

Frame = Literal["upright", "stored"]
FRAMES: tuple[Frame, ...] = ("upright", "stored")
"""The pixels on which annotations were drawn: those of the picture as it is shown, or those stored
in its file, before the rotation by its EXIF data."""
LARGEST_UPLOAD = 64 * 2**20
"""Bytes of one uploaded file; common.pictures limits its pixels."""
LARGEST_FILE = 512 * 2**20
"""Bytes of one file of a folder."""
_NAMED = 10  # files that a summary names before it only counts


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


@dataclass(frozen=True)
class Imported:
    """The result for one file.

    Attributes:
        file: its name.
        picture: None where the file cannot be used.
        is_new: whether the picture was not stored before.
        annotated: whether annotations came with it.
        replaced: whether they differ from those that it had.
        problem: why the file cannot be used, in one line.
        warning: what may be wrong with it, in one line.

    """

    file: str
    picture: Picture | None = None
    is_new: bool = False
    annotated: bool = False
    replaced: bool = False
    problem: str = ""
    warning: str = ""


@dataclass
class Summary:
    """The numbers of an import.

    Attributes:
        unannotated: pictures without annotations; empty if no annotations were given.
        left_over: annotation files without a picture.
        passed_over: numbers of files that are not pictures, by their suffix.

    """

    new: int = 0
    kept: int = 0
    bad: int = 0
    annotated: int = 0
    replaced: int = 0
    unannotated: list[str] = field(default_factory=list)
    left_over: list[str] = field(default_factory=list)
    passed_over: Counter[str] = field(default_factory=Counter)

    def add(self, one: Imported) -> None:
        """Count a result."""
        if one.picture is None:
            self.bad += 1
            return
        self.new, self.kept = self.new + one.is_new, self.kept + (not one.is_new)
        self.annotated, self.replaced = self.annotated + one.annotated, self.replaced + one.replaced

    def lines(self) -> list[str]:
        """The summary in words, for command and page; empty if there is nothing to report."""
        found = []
        if self.annotated or self.unannotated or self.left_over:
            replaced = f", {self.replaced} of them replaced" if self.replaced else ""
            found.append(f"annotated pictures: {self.annotated}{replaced}")
        if self.unannotated:
            found.append(f"without annotations: {_listed(self.unannotated)}")
        if self.left_over:
            found.append(f"annotations without a picture: {_listed(self.left_over)}")
        if number := self.passed_over.total():
            suffixes = ", ".join(sorted(self.passed_over))
            files = "1 file was" if number == 1 else f"{number} files were"
            found.append(f"{files} skipped ({suffixes}): convert pictures to JPEG or PNG")
        return found


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return f"{len(names)} ({', '.join(names[:_NAMED])}{more})"


def import_files(
    files: Sequence[ImportFile],
    role: str,
    summary: Summary,
    *,
    licence: str = "",
    source: str = "",
    annotations: Sequence[ImportFile] = (),
    frame: Frame = "upright",
) -> Iterator[Imported]:
    """Store every usable picture; of other files nothing is stored.

    Args:
        files: pictures, whose types are found from their content.
        role: content or style.
        summary: is filled while the results are yielded.
        licence: under which the pictures may be used.
        source: where they come from.
        annotations: BSDS500 .mat files; `media.matching` finds the picture of each.
        frame: see FRAMES.

    """
    matches = match([file.name for file in files], [file.name for file in annotations])
    summary.left_over += [one_line(PurePath(name).name) for name in matches.left_over]
    for number, file in enumerate(files):
        try:
            mat = _annotation_of(number, file, matches, annotations)
            one = store_picture(
                file, role, licence=licence, source=source, annotations=mat, frame=frame
            )
        except PictureError as error:
            one = Imported(file.shown, problem=one_line(str(error)))
        if annotations and one.picture is not None and not one.annotated:
            summary.unannotated.append(file.shown)
        summary.add(one)
        yield one


def _annotation_of(
    number: int, file: ImportFile, matches: Matches, annotations: Sequence[ImportFile]
) -> ImportFile | None:
    found = matches.of_picture[number]
    if len(found) > 1:
        names = ", ".join(one_line(annotations[one].name) for one in found)
        raise PictureError(f"{file.shown} has several annotations ({names}): leave one")
    return annotations[found[0]] if found else None


def picture_from_file(path: Path, role: str, **details: Any) -> Picture:
    """The row of a picture file, stored now or before; `details` as in `store_picture`."""
    picture = store_picture(path, role, **details).picture
    assert picture is not None  # a file that cannot be stored raises an error
    return picture


def store_picture(
    file: ImportFile | Path,
    role: str,
    *,
    name: str = "",
    licence: str = "",
    source: str = "",
    annotations: ImportFile | Path | None = None,
    frame: Frame = "upright",
) -> Imported:
    """Store a picture; one that is stored already is kept, with new annotations if there are any.

    The file is read, decoded and hashed once.

    Raises:
        InputError: an unknown role.
        PictureError: the file is not a usable picture, or the annotations are of another one.

    """
    if role not in Picture.Role.values:
        raise InputError(f"unknown role '{role}': use content or style")
    file = file_at(file) if isinstance(file, Path) else file
    content = file.content()
    original = read_original(io.BytesIO(content), file.shown)
    mat, warning = None, ""
    if annotations is not None:
        annotations = file_at(annotations) if isinstance(annotations, Path) else annotations
        mat, warning = _upright_annotations(annotations, file.shown, original, frame)
    stored, sha256 = keep("pictures", suffix_of(original.format), content)
    with transaction.atomic():
        picture, is_new = Picture.objects.get_or_create(
            role=role,
            sha256=sha256,
            defaults={
                "name": (name or picture_name(file.name))[:200],
                "file": stored,
                "width": original.picture.width,
                "height": original.picture.height,
                "licence": licence[:200],
                "source": source[:500],
            },
        )
        before = picture.annotations.name
        if mat is not None:
            picture.annotations.name, _ = keep("annotations", ".mat", mat)
            if picture.annotations.name != before:
                picture.save(update_fields=["annotations"])
    replaced = bool(before) and picture.annotations.name != before
    return Imported(file.shown, picture, is_new, mat is not None, replaced, warning=warning)


def _upright_annotations(
    file: ImportFile, picture: str, original: Original, frame: Frame
) -> tuple[bytes, str]:
    """The .mat file for the upright picture, and a warning, which may be empty."""
    content = file.content()
    found = parse_annotations(content, file.shown, original.picture.size)
    is_turned = original.orientation > 1
    if frame == "stored" and is_turned:
        found = turned(found, original.orientation)
        content = to_mat(found)
    _check_size(file.shown, found, picture, original, frame)
    if frame == "upright" and is_turned:
        return content, (
            f"{picture} is turned by its EXIF data (orientation {original.orientation}): "
            f"{file.shown} is taken as drawn on the picture as it is shown; if it was drawn on the "
            "stored pixels, import again with annotations frame 'stored'"
        )
    return content, ""


def _check_size(
    name: str, found: Annotations, picture: str, original: Original, frame: Frame
) -> None:
    width, height = original.picture.size
    if found.size == (width, height):
        return
    said = (
        f"{name} annotates {found.size[0]}×{found.size[1]} pixels, {picture} has {width}×{height}"
    )
    if frame == "upright" and original.orientation >= 5 and found.size == (height, width):
        raise PictureError(
            f"{said}: the picture is turned by its EXIF data, and the annotation fits its stored "
            "pixels; import with annotations frame 'stored' (--annotations-frame stored)"
        )
    raise PictureError(f"{said}: it annotates another picture")


def picture_name(file: str) -> str:
    """The name of the picture in a file: one line, without folders and suffix."""
    return one_line(PurePath(file).stem) or "picture"


def one_line(text: str) -> str:
    """The text without line breaks and other control characters; undecodable bytes are marked.

    A file name may contain bytes that are not text and can be neither stored nor shown.
    """
    whole = text.encode(errors="replace").decode()
    return " ".join("".join(c if c.isprintable() else " " for c in whole).split())


def file_at(path: Path, folder: Path | None = None) -> ImportFile:
    """A file of the file system, named by its place below `folder`."""
    name = str(path.relative_to(folder)) if folder else path.name
    try:
        size = path.stat().st_size
    except OSError:
        raise PictureError(f"picture not found: {one_line(str(path))}: check the path") from None
    return ImportFile(name, size, path.read_bytes)


def pictures_in(folder: Path, summary: Summary) -> list[ImportFile]:
    """The picture files of a folder and the folders below it, by their suffix.

    Hidden files are ignored; other files are counted in `summary.passed_over`.
    """
    found = []
    for path in _visible_files(folder):
        if is_picture_name(path):
            found.append(file_at(path, folder))
        else:
            summary.passed_over[path.suffix or "without suffix"] += 1
    return found


def annotations_in(folder: Path) -> list[ImportFile]:
    """The .mat files of a folder and the folders below it."""
    return [
        file_at(path, folder) for path in _visible_files(folder) if path.suffix.lower() == ".mat"
    ]


def _visible_files(folder: Path) -> Iterable[Path]:
    for path in sorted(folder.rglob("*")):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if not hidden and path.is_file():
            yield path


def import_uploads(
    uploads: Sequence[UploadedFile[Any]],
    role: str,
    summary: Summary,
    *,
    licence: str = "",
    source: str = "",
    annotations: Sequence[UploadedFile[Any]] = (),
    frame: Frame = "upright",
) -> list[Imported]:
    """Store uploaded pictures; see `import_files`."""
    results = import_files(
        [_uploaded(one) for one in uploads],
        role,
        summary,
        licence=licence,
        source=source,
        annotations=[_uploaded(one) for one in annotations],
        frame=frame,
    )
    return list(results)


def _uploaded(upload: UploadedFile[Any]) -> ImportFile:
    # The name is only a label; browsers on some systems separate folders by backslashes.
    bare = PurePath((upload.name or "").replace("\\", "/")).name.lstrip(".")
    return ImportFile(bare or "picture", upload.size or 0, upload.read, LARGEST_UPLOAD)
