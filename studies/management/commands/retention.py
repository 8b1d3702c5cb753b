"""manage.py retention: delete personal data that is no longer needed."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from common.command import InputCommand
from common.errors import InputError
from studies.privacy.retention import sweep


class Command(InputCommand):
    """`manage.py retention`."""

    help = (
        "Delete personal data of studies that closed long ago, finished tasks, expired sessions "
        "and abandoned files. Votes stay. Meant to run daily."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("--days", type=int, default=90, help="days after closing (90)")
        parser.add_argument("--dry-run", action="store_true", help="report only, delete nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        """Sweep and report the numbers."""
        if options["days"] < 0:
            raise InputError(f"--days {options['days']}: use a whole number of at least 0")
        swept = sweep(options["days"], dry_run=options["dry_run"])
        self.stdout.write(f"{'would be ' if options['dry_run'] else ''}removed: {swept}")
