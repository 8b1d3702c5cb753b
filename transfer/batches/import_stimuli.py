"""Import stimuli that other tools made, from a CSV manifest that is checked before it is stored."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone

from common.checksums import sha256_of
from common.errors import InputError
from common.media import keep
from common.pictures import read_picture, same_shape, save_png
from common.tables import Table, read_table
from transfer.batches.import_pictures import store_picture
from transfer.batches.recipes import fingerprint
from transfer.models import Batch, Picture, Stimulus
from transfer.models.pictures import named

if TYPE_CHECKING:
    from django.contrib.auth.models import User

COLUMNS = ("image", "content", "style", "method")


class ManifestError(InputError):
    """Rows of a manifest that cannot be used; `problems` has one line for each."""

    def __init__(self, problems: list[str], rows: int) -> None:
        """Count the bad rows."""
        super().__init__(f"{len(problems)} of {rows} rows cannot be used; nothing was stored")
        self.problems = problems
        self.rows = rows


@dataclass(frozen=True)
class _Row:
    image: Path
    content: Picture | Path
    style: Picture | Path
    method: str
    parameters: dict[str, Any]


@dataclass(frozen=True)
class Files:
    """Where the files are that a manifest names.

    Attributes:
        locate: the path of the file that a cell names; it need not exist.
        place: of these files, for messages.

    """

    locate: Callable[[str], Path]
    place: str


def import_manifest(
    manifest: Path,
    batch_name: str,
    files: Files | None = None,
    created_by: User | None = None,
) -> tuple[Batch, int]:
    """Store the stimuli of a manifest in an imported batch; rows that are stored already are kept.

    Columns: image (file), content and style (a file, or the name of a stored picture), method (any
    label), optional parameters (a JSON object).

    Args:
        manifest: a CSV file.
        batch_name: of the imported batch, which is made if there is none of that name.
        files: that the manifest names; by default their paths are relative to its folder.
        created_by: of a new batch.

    Returns:
        The batch, and the number of stimuli that are new.

    Raises:
        ManifestError: bad rows, each with its own line in `problems`.
        InputError: no such file, missing columns, no rows, or the name of a generated batch.

    """
    existing = Batch.objects.filter(name=batch_name).first()
    if existing is not None and not existing.is_imported:
        raise InputError(f"batch '{batch_name}' was generated here: give another --batch name")
    table = _read(manifest)
    folder = manifest.parent
    files = files or Files(lambda name: folder / name, f"in {folder}")
    rows, problems = [], []
    for record, line in zip(table.records(), table.lines, strict=True):
        try:
            rows.append(_checked(record, files))
        except InputError as error:
            problems.append(f"line {line}: {error}")
    if problems:
        raise ManifestError(problems, len(table.rows))
    with transaction.atomic():
        batch, _ = Batch.objects.get_or_create(
            name=batch_name, defaults={"recipe": IMPORTED, "created_by": created_by}
        )
        return batch, sum(_store(batch, row) for row in rows)


IMPORTED = {"imported": True}


def _read(manifest: Path) -> Table:
    table = read_table(manifest, "manifest's rows")
    table.require(COLUMNS)
    if not table.rows:
        raise InputError(f"{manifest} holds no rows below its column names: add some")
    return table


def _checked(record: Mapping[str, str], files: Files) -> _Row:
    values = {name: record.get(name, "").strip() for name in (*COLUMNS, "parameters")}
    if empty := [name for name in COLUMNS if not values[name]]:
        raise InputError(f"{', '.join(empty)} is empty")
    if len(values["method"]) > 100:
        raise InputError("the method's label is longer than 100 characters")
    image = files.locate(values["image"])
    size = read_picture(image).size
    content, content_size = _reference(values["content"], "content", files)
    if not same_shape(size, content_size):
        raise InputError(
            f"{values['image']} is {size[0]}×{size[1]}, its content {content_size[0]}×"
            f"{content_size[1]}: the shapes differ, so coherence (C) cannot be measured; give the "
            "picture the shape of its content"
        )
    return _Row(
        image,
        content,
        _reference(values["style"], "style", files)[0],
        values["method"],
        _parameters(values["parameters"]),
    )


def _parameters(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text or "{}", parse_constant=_refuse_constant)
    except ValueError as error:
        raise InputError(f"parameters are not JSON ({error})") from None
    if not isinstance(value, dict):
        raise InputError('parameters are not a JSON object such as {"weight": 10}')
    return value


def _refuse_constant(name: str) -> None:
    raise ValueError(f"JSON has no {name}")


def _reference(value: str, role: str, files: Files) -> tuple[Picture | Path, tuple[int, int]]:
    """A picture file, or a stored picture by its name or SHA-256; with its width and height."""
    path = files.locate(value)
    if path.is_file():
        return path, read_picture(path).size
    stored = named(list(Picture.objects.filter(role=role)), value)
    if len(stored) != 1:
        found = "no" if not stored else f"{len(stored)}"
        raise InputError(
            f"{role} '{value}' is not a file {files.place}, and {found} stored {role} pictures "
            "have that name"
        )
    return stored[0], (stored[0].width, stored[0].height)


def _store(batch: Batch, row: _Row) -> bool:
    """Store one checked row. False if the batch has it already."""
    content = _picture(row.content, "content")
    style = _picture(row.style, "style")
    key = fingerprint(
        {"image": sha256_of(row.image), "content": content.sha256, "styles": [style.sha256]}
        | {"method": row.method, "parameters": row.parameters}
    )
    if batch.stimuli.filter(recipe_key=key).exists():
        return False
    stimulus = Stimulus.objects.create(
        batch=batch,
        recipe_key=key,
        content=content,
        method=row.method,
        parameters=row.parameters,
        state=Stimulus.State.DONE,
        finished_at=timezone.now(),
        **_kept_image(row.image),
    )
    stimulus.styles.add(style)
    return True


def _kept_image(path: Path) -> dict[str, Any]:
    """Keep the picture as a PNG without metadata, like generated stimuli."""
    image = read_picture(path)
    content = io.BytesIO()
    save_png(image, content)
    name, sha256 = keep("stimuli", ".png", content.getvalue())
    return {"file": name, "sha256": sha256, "width": image.width, "height": image.height}


def _picture(reference: Picture | Path, role: str) -> Picture:
    if isinstance(reference, Picture):
        return reference
    picture = store_picture(reference, role).picture
    assert picture is not None
    return picture
