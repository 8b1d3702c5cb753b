"""The base of our management commands: bad input ends with one line and exit code 2."""

from __future__ import annotations

from typing import Any, NoReturn

from django.core.management.base import BaseCommand, CommandError, CommandParser

from common.errors import InputError


class LineParser(CommandParser):
    """A parser that answers a wrong option in one line, without the usage before it."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong with the arguments and exit with 2 (raise inside `call_command`)."""
        if self.called_from_command_line:
            self.exit(2, f"{self.prog}: {message} (--help lists the options)\n")
        raise CommandError(message, returncode=2)


class InputCommand(BaseCommand):
    """A command whose `handle` may raise InputError."""

    # The checks of the whole project belong to `check` and `runserver`.
    requires_system_checks: list[str] = []

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        """Build Django's parser, which takes no parser class of ours, and let it answer like ours.

        A command with subcommands names `parser_class=LineParser` for those.
        """
        parser = super().create_parser(prog_name, subcommand, **kwargs)
        parser.__class__ = LineParser
        return parser

    def execute(self, *args: Any, **options: Any) -> str | None:
        """Run the command, with InputError turned into one line and exit code 2."""
        try:
            return super().execute(*args, **options)
        except InputError as error:
            raise CommandError(" ".join(str(error).split()), returncode=2) from error
