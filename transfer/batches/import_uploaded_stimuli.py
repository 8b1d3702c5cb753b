"""Import stimuli of other tools from an uploaded manifest and its pictures."""

from __future__ import annotations

import tempfile
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

from django.core.files.uploadedfile import UploadedFile

from common.errors import InputError
from transfer.batches.import_stimuli import Files, ManifestError, import_manifest
from transfer.batches.source_files import one_line, uploaded
from transfer.models import Batch

if TYPE_CHECKING:
    from django.contrib.auth.models import User


@dataclass(frozen=True)
class ImportedStimuli:
    """What an upload brought.

    Attributes:
        batch: that has the stimuli.
        new: number of stimuli that were not stored before.
        unnamed: uploaded pictures that no row of the manifest names; they were not stored.

    """

    batch: Batch
    new: int
    unnamed: list[str]


def import_uploaded_stimuli(
    manifest: UploadedFile[Any],
    pictures: Sequence[UploadedFile[Any]],
    batch_name: str,
    created_by: User | None = None,
) -> ImportedStimuli:
    """Store the stimuli of an uploaded manifest as `import_manifest` does: all, or nothing.

    Browsers send files without their folders, so a cell `results/a.png` names the upload `a.png`.
    A cell never leads to a file of the server.

    Raises:
        ManifestError: bad rows, each with its own line in `problems`.
        InputError: two pictures of one name, a picture that is too large, or as `import_manifest`.

    """
    with tempfile.TemporaryDirectory(prefix="stimuli-") as place:
        table = Path(place) / "manifest"
        table.write_bytes(uploaded(manifest).content())
        folder = Path(place) / "pictures"
        folder.mkdir()
        kept = _kept(pictures, folder)
        named: set[str] = set()

        def locate(cell: str) -> Path:
            name = _bare(cell)
            named.add(name)
            return kept.get(name, folder / "missing" / one_line(name))

        def said(text: str) -> str:
            text = text.replace(str(table), uploaded(manifest).shown)
            text = text.replace(f"{folder}/missing/", "").replace(f"{folder}/", "")
            text = text.replace("check the path", "choose it together with the others")
            return text.replace("give another --batch name", "choose another name")

        try:
            files = Files(locate, "among those chosen")
            batch, new = import_manifest(table, batch_name, files, created_by)
        except ManifestError as error:
            problems = [said(problem) for problem in error.problems]
            raise ManifestError(problems, error.rows) from None
        except InputError as error:
            raise InputError(said(str(error))) from None
    return ImportedStimuli(batch, new, [path.name for n, path in kept.items() if n not in named])


def _kept(pictures: Sequence[UploadedFile[Any]], folder: Path) -> dict[str, Path]:
    """Write the pictures into the folder; their paths by their names."""
    kept: dict[str, Path] = {}
    for picture in pictures:
        file = uploaded(picture)
        name = _bare(file.name)
        if name in kept:
            raise InputError(f"two pictures are called {file.shown}: rename one, or leave it out")
        kept[name] = folder / name
        try:
            kept[name].write_bytes(file.content())
        except (OSError, ValueError):
            raise InputError(
                f"{file.shown} cannot be kept for reading: give it a shorter name, or ask whether "
                "the server's disk is full"
            ) from None
    return kept


def _bare(name: str) -> str:
    """The name of a file without folders, in Unicode's composed form (some systems split it)."""
    return unicodedata.normalize("NFC", PurePath(name.strip().replace("\\", "/")).name)
