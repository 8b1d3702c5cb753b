"""manage.py restore: an archive of `backup` in the place of what is here."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from common.command import InputCommand
from common.errors import InputError
from studies.models import Study
from studies.privacy.backup import restore


class Command(InputCommand):
    """`manage.py restore`."""

    help = (
        "Replace all rows by those of a backup, and add its files. What was erased after the "
        "backup was made is erased again."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("file", type=Path, help="an archive that `manage.py backup` wrote")
        parser.add_argument("--replace", action="store_true", help="even where studies are here")

    def handle(self, *args: Any, **options: Any) -> None:
        """Restore, and say what was erased again."""
        if Study.objects.exists() and not options["replace"]:
            raise InputError(
                "there are studies here, which a restore would remove: back them up, then say "
                "--replace"
            )
        erased = restore(options["file"])
        self.stdout.write(f"{options['file']} is restored; {erased} erasures were done again")
