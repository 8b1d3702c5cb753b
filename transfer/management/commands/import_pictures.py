"""Store the content or style pictures of a folder."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from common.command import InputCommand
from common.errors import InputError
from transfer.batches.import_pictures import FRAMES, import_files
from transfer.batches.import_summary import Imported, Summary
from transfer.batches.source_files import annotations_in, pictures_in
from transfer.models import Picture


class Command(InputCommand):
    """Stores the pictures of a folder."""

    help = (
        "Store the pictures of a folder and of the folders in it. Pictures that are stored already "
        "are kept; a bad file is named and nothing of it is stored."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("folder", metavar="DIR", type=Path)
        parser.add_argument("--role", required=True, choices=Picture.Role.values)
        parser.add_argument(
            "--licence", default="", help="licence under which the pictures may be used"
        )
        parser.add_argument("--source", default="", help="where they come from")
        parser.add_argument(
            "--annotations",
            type=Path,
            metavar="DIR",
            help="people's boundaries of content pictures: BSDS500 .mat files of the same names, "
            "in this folder or the folders in it; they replace earlier ones",
        )
        parser.add_argument(
            "--annotations-frame",
            choices=FRAMES,
            default="upright",
            help="pixels on which they were drawn: those of the picture as it is shown (upright, "
            "the default) or those stored in its file, before the rotation by its EXIF data",
        )

    def handle(self, **options: Any) -> None:
        """Import, and write the result for every file and their numbers."""
        summary = Summary()
        folder, annotated = _folder(options["folder"]), options["annotations"]
        files = pictures_in(folder, summary.skipped)
        if not files:
            raise InputError("; ".join([f"{folder} holds no picture file", *summary.lines()]))
        if annotated:
            # They may be in the same folder.
            for suffix in [one for one in summary.skipped if one.lower() == ".mat"]:
                del summary.skipped[suffix]
        for one in import_files(
            files,
            options["role"],
            summary,
            licence=options["licence"],
            source=options["source"],
            annotations=annotations_in(_folder(annotated)) if annotated else [],
            frame=options["annotations_frame"],
        ):
            self._write(one)
        for line in summary.lines():
            self.stdout.write(line)
        self.stdout.write(f"{summary.new} new, {summary.kept} kept, {summary.bad} bad")
        if summary.bad:
            raise CommandError(
                f"{summary.bad} of {len(files)} files cannot be used, see above", returncode=2
            )

    def _write(self, one: Imported) -> None:
        if one.picture is None:
            self.stderr.write(f"bad: {one.problem}")
            return
        self.stdout.write(f"{'new' if one.is_new else 'kept'}: {one.file}")
        if one.warning:
            self.stderr.write(f"warning: {one.warning}")


def _folder(path: Path) -> Path:
    if not path.is_dir():
        raise InputError(f"{path} is not a folder: name an existing one")
    return path
