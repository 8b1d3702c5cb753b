"""The base of our management commands: bad input ends with one line and exit code 2."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from transfer.errors import InputError


class InputCommand(BaseCommand):
    """A command whose `handle` may raise InputError."""

    # The checks of the whole project belong to `check` and `runserver`.
    requires_system_checks: list[str] = []

    def execute(self, *args: Any, **options: Any) -> str | None:
        """Run the command, with InputError turned into one line and exit code 2."""
        try:
            return super().execute(*args, **options)
        except InputError as error:
            raise CommandError(" ".join(str(error).split()), returncode=2) from error
