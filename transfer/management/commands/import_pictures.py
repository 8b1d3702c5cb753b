"""Store the content or style pictures of a folder."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from common.command import InputCommand
from common.errors import InputError
from transfer.batches.import_pictures import Imported, import_files, pictures_in
from transfer.models import Picture


class Command(InputCommand):
    """Stores the pictures of a folder."""

    help = (
        "Store the pictures of a folder (and of the folders in it). Pictures that are stored "
        "already are kept; a bad file is named and leaves nothing behind."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("folder", metavar="DIR", type=Path)
        parser.add_argument("--role", required=True, choices=Picture.Role.values)
        parser.add_argument("--licence", default="", help="under which the pictures may be used")
        parser.add_argument("--source", default="", help="where they come from")
        parser.add_argument(
            "--annotations",
            type=Path,
            metavar="DIR",
            help="people's boundaries of content pictures: BSDS500 .mat files of the same names",
        )

    def handle(self, **options: Any) -> None:
        """Import, and say what became of every file."""
        files = pictures_in(_folder(options["folder"]))
        if not files:
            raise InputError(f"{options['folder']} holds no picture file: name another folder")
        imported = list(
            import_files(
                files,
                options["role"],
                licence=options["licence"],
                source=options["source"],
                annotations=_annotations(options["annotations"], files),
            )
        )
        for one in imported:
            self._say(one)
        stored = [one.picture for one in imported if one.picture]
        new = sum(picture.is_new for picture in stored)
        bad = len(imported) - len(stored)
        self.stdout.write(f"{new} new, {len(stored) - new} kept, {bad} bad")
        if bad:
            raise CommandError(
                f"{bad} of {len(imported)} files cannot be used, see above", returncode=2
            )

    def _say(self, one: Imported) -> None:
        if one.picture is None:
            self.stderr.write(f"bad: {one.problem}")
        else:
            self.stdout.write(f"{'new' if one.picture.is_new else 'kept'}: {one.file}")


def _folder(path: Path) -> Path:
    if not path.is_dir():
        raise InputError(f"{path} is no folder: name the folder that holds the pictures")
    return path


def _annotations(folder: Path | None, pictures: list[Path]) -> list[Path]:
    """The .mat files of these pictures; a folder may hold those of many others."""
    if folder is None:
        return []
    stems = {path.stem for path in pictures}
    return sorted(path for path in _folder(folder).glob("*.mat") if path.stem in stems)
