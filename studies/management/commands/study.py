"""manage.py study: everything about studies from the command line."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from common.command import InputCommand, LineParser
from studies.management.actions import ACTIONS


class Command(InputCommand):
    """Studies from the command line."""

    help = "Create, open, simulate, close, export and import studies; erase persons."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """One subcommand per action."""
        actions = parser.add_subparsers(
            dest="action", metavar="ACTION", required=True, parser_class=LineParser
        )
        for name, action in ACTIONS.items():
            action.add_arguments(actions.add_parser(name, help=action.help))

    def handle(self, *args: Any, **options: Any) -> None:
        """Do what the subcommand says."""
        if said := ACTIONS[options["action"]].run(options):
            self.stdout.write(said)
