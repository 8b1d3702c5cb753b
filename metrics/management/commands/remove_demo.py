"""manage.py remove_demo: remove what `manage.py demo` has made."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from common.command import InputCommand
from common.errors import InputError
from metrics.report.demo_removal import demo_exists, remove_demo


class Command(InputCommand):
    """`manage.py remove_demo`."""

    help = "Remove the demo's pictures, stimuli, simulated votes, calibrations and report."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the option."""
        parser.add_argument("--yes", action="store_true", help="do not ask")

    def handle(self, *args: Any, **options: Any) -> None:
        """Ask, remove, and report the numbers."""
        if not demo_exists():
            raise InputError("there is no demo here")
        if not options["yes"] and input("Remove the demo? [y/N] ") != "y":
            raise InputError("nothing was removed")
        self.stdout.write(f"the demo is removed: {remove_demo()}")
