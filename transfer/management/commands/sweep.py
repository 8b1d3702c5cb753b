"""manage.py sweep: remove files that no row names, and release stuck rows."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from common.command import InputCommand
from transfer.batches.sweep import sweep


class Command(InputCommand):
    """`manage.py sweep`."""

    help = (
        "Remove files older than an hour that no row names, and half-written ones, from the media "
        "folder and the store of STORAGE_URL; release the rows of lost workers."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the option."""
        parser.add_argument("--dry-run", action="store_true", help="report only, change nothing")

    def handle(self, **options: Any) -> None:
        """Sweep and report the numbers in one line."""
        swept = sweep(dry_run=options["dry_run"])
        self.stdout.write(f"{'would be ' if options['dry_run'] else ''}removed: {swept}")
