"""The finished pictures of a batch as a ZIP archive with a manifest, written while it is sent."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Iterator, Sequence
from typing import Any

from common.errors import InputError
from common.spreadsheet import escape_formula
from transfer.batches.recipes import fingerprint
from transfer.models import Batch, Picture, Stimulus
from transfer.models.stimuli import StimulusQuerySet, styles_in_order

MOST = 5_000
"""Pictures in one archive: a slow reader keeps a thread of the server for that long."""
COLUMNS = (
    "image",
    "content",
    "style",
    "method",
    "parameters",
    "stimulus",
    "seed",
    "sha256",
    "width",
    "height",
    "content_sha256",
    "content_licence",
    "style_sha256",
    "style_licence",
    "problem",
)
"""Of manifest.csv. Of several styles each cell holds all, one on each line."""
_ROWS = 200  # read by one query


def batch_archive(batch: Batch, stimuli: StimulusQuerySet) -> Iterator[bytes]:
    """The bytes of an archive: `pictures/ID.png` for each stimulus, `manifest.csv`, `batch.json`.

    A picture whose file is missing is left out, and its row says so. The manifest comes last,
    because it tells what was left out.

    Args:
        batch: whose recipe is written into `batch.json`.
        stimuli: finished ones of that batch.

    Raises:
        InputError: none of them is finished, or they are more than MOST; before the first byte.

    """
    keys = list(
        stimuli.filter(state=Stimulus.State.DONE).order_by("pk").values_list("pk", flat=True)
    )
    if not keys:
        raise InputError("no stimulus is finished that matches these filters")
    if len(keys) > MOST:
        raise InputError(
            f"these are {len(keys)} pictures, and an archive holds at most {MOST}: choose a "
            "method, a content or a style first"
        )
    return _written(batch, keys)


def _written(batch: Batch, keys: Sequence[int]) -> Iterator[bytes]:
    sink = _Sink()
    rows = io.StringIO(newline="")
    table = csv.writer(rows)
    table.writerow(COLUMNS)
    # PNG files do not get smaller; the lowest level makes entries that every program unpacks.
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for start in range(0, len(keys), _ROWS):
            found = Stimulus.objects.filter(pk__in=keys[start : start + _ROWS])
            made = list(found.select_related("content").order_by("pk"))
            styles = styles_in_order(made)
            for one in made:
                name, problem = _add(archive, one)
                row = _row(one, styles[one.pk], name, problem)
                table.writerow([escape_formula(cell) for cell in row])
                yield sink.taken()
        archive.writestr("manifest.csv", rows.getvalue().encode())
        about = {
            "batch": batch.name,
            "recipe": batch.recipe,
            "recipe_sha256": fingerprint(batch.recipe),
            "pictures": len(keys),
        }
        archive.writestr("batch.json", json.dumps(about, indent=2, ensure_ascii=False).encode())
    yield sink.taken()


def _add(archive: zipfile.ZipFile, stimulus: Stimulus) -> tuple[str, str]:
    """The name of the picture in the archive, or why it is not there."""
    try:
        data = stimulus.path.read_bytes()
    except (OSError, InputError):
        return "", "its file is missing in the media folder"
    name = f"pictures/{stimulus.public_id.hex}{stimulus.path.suffix}"
    archive.writestr(name, data)
    return name, ""


def _row(stimulus: Stimulus, styles: Sequence[Picture], name: str, problem: str) -> tuple[Any, ...]:
    content = stimulus.content

    def of_styles(attribute: str) -> str:
        return "\n".join(getattr(style, attribute) for style in styles)

    return (
        name,
        content.name if content else "",
        of_styles("name"),
        stimulus.method,
        json.dumps(stimulus.parameters, ensure_ascii=False),
        stimulus.public_id.hex,
        stimulus.seed,
        stimulus.sha256,
        stimulus.width,
        stimulus.height,
        content.sha256 if content else "",
        content.licence if content else "",
        of_styles("sha256"),
        of_styles("licence"),
        problem,
    )


class _Sink:
    """A file that cannot be read or sought: what was written is taken away in pieces."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def write(self, data: bytes, /) -> int:
        self._pieces.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Nothing is held back."""

    def close(self) -> None:
        """The archive does not own it."""

    def taken(self) -> bytes:
        data = b"".join(self._pieces)
        self._pieces.clear()
        return data
