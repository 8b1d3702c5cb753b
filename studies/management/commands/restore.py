"""manage.py restore: replace all rows by those of a backup."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from common.command import InputCommand
from common.errors import InputError
from studies.models import Study
from studies.privacy.restore import restore


class Command(InputCommand):
    """`manage.py restore`."""

    help = (
        "Replace all rows by those of a backup, and add its files. Erasures made after the backup "
        "are repeated."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("file", type=Path, help="an archive that `manage.py backup` wrote")
        parser.add_argument("--replace", action="store_true", help="even if there are studies")

    def handle(self, *args: Any, **options: Any) -> None:
        """Restore the archive and report the repeated erasures."""
        if Study.objects.exists() and not options["replace"]:
            raise InputError(
                "a restore would remove the studies of this installation: back them up, then use "
                "--replace"
            )
        erased = restore(options["file"])
        self.stdout.write(f"{options['file']} is restored; {erased} erasures were repeated")
