"""manage.py backup: all rows and files in one archive."""

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
        "Write all rows and files into one archive while the site is running. It contains personal "
        "data. It does not contain the secret key, without which no participant can be found by "
        "the id of a recruitment service."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("file", type=Path, help="FILE.zip")

    def handle(self, *args: Any, **options: Any) -> None:
        """Write the archive and report the number of rows."""
        check_writable(options["file"])
        rows = write_backup(options["file"])
        self.stdout.write(f"{rows} rows in {options['file']}")
