"""manage.py backup: everything in one archive."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from common.atomic import check_writable
from common.command import InputCommand
from studies.privacy.backup import write_backup


class Command(InputCommand):
    """`manage.py backup`."""

    help = (
        "Write all rows and files into one archive, while the site goes on. Keep it as private as "
        "the data folder. The secret key is not in it: without it, nobody is found by the id of a "
        "recruitment service any more."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("file", type=Path, help="FILE.zip")

    def handle(self, *args: Any, **options: Any) -> None:
        """Write it, and say what it holds."""
        check_writable(options["file"])
        rows = write_backup(options["file"])
        self.stdout.write(f"{rows} rows in {options['file']}")
