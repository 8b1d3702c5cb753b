"""Import content and style pictures, with their annotations."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePath
from typing import Any, Literal

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction

from common.annotations import Annotations, parse_annotations, to_mat, turned
from common.errors import InputError, PictureError
from common.formats import suffix_of
from common.media import keep
from common.pictures import Original, read_original
from transfer.batches.import_summary import Imported, Summary
from transfer.batches.source_files import ImportFile, file_at, one_line, picture_name, uploaded
from transfer.media.matching import Matches, match
from transfer.models import Picture

Frame = Literal["upright", "stored"]
FRAMES: tuple[Frame, ...] = ("upright", "stored")
"""The pixels on which annotations were drawn: those of the picture as it is shown, or those stored
in its file, before the rotation by its EXIF data."""


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
        [uploaded(one) for one in uploads],
        role,
        summary,
        licence=licence,
        source=source,
        annotations=[uploaded(one) for one in annotations],
        frame=frame,
    )
    return list(results)


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
