"""manage.py retention: forget what is no longer needed."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from common.command import InputCommand
from common.errors import InputError
from studies.privacy.retention import sweep


class Command(InputCommand):
    """`manage.py retention`."""

    help = (
        "Forget what could lead to a person in studies that closed long ago, and remove finished "
        "tasks, ended sessions and abandoned files. Votes stay. Let a timer run it daily."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("--days", type=int, default=90, help="kept so long (90)")
        parser.add_argument("--dry-run", action="store_true", help="only say what would go")

    def handle(self, *args: Any, **options: Any) -> None:
        """Sweep, and say how much."""
        if options["days"] < 0:
            raise InputError(f"--days {options['days']}: use a whole number of at least 0")
        swept = sweep(options["days"], dry_run=options["dry_run"])
        self.stdout.write(f"{'would be ' if options['dry_run'] else ''}removed: {swept}")
