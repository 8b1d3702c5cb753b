"""Base class of the management commands: an error ends with one line and an exit code."""

from __future__ import annotations

from typing import Any, NoReturn

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError, OperationalError, connection
from django.db.migrations.executor import MigrationExecutor

from common.errors import InputError
from common.faults import disk_problem, fault
from common.outputs import check_out


class LineParser(CommandParser):
    """A parser whose errors are one line, without the usage."""

    def error(self, message: str) -> NoReturn:
        """Report an error in the arguments and exit with 2; inside `call_command` raise it."""
        if self.called_from_command_line:
            self.exit(2, f"{self.prog}: {message} (--help lists the options)\n")
        raise CommandError(message, returncode=2)


class InputCommand(BaseCommand):
    """A command whose `handle` may raise InputError."""

    # Django's checks of the whole project are run by `check` and `runserver`.
    requires_system_checks: list[str] = []

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        """Make Django's parser, whose class cannot be chosen, and give it the errors of LineParser.

        A command with subcommands names `parser_class=LineParser` for those.
        """
        parser = super().create_parser(prog_name, subcommand, **kwargs)
        parser.__class__ = LineParser
        return parser

    def execute(self, *args: Any, **options: Any) -> str | None:
        """Run the command; every error ends with one line.

        Exit codes: 2 bad input, a full disk, a database that is not migrated; 1 an internal error.
        `call_command` and --traceback raise internal errors unchanged.
        """
        try:
            check_out(options)
            return super().execute(*args, **options)
        except InputError as error:
            raise CommandError(_one_line(error), returncode=2) from error
        except DatabaseError as error:
            if problem := disk_problem(error) or _database_problem(error):
                raise CommandError(problem, returncode=2) from error
            raise self._fault(error, options) from error
        except CommandError:
            raise
        except Exception as error:
            if problem := disk_problem(error):
                raise CommandError(problem, returncode=2) from error
            raise self._fault(error, options) from error

    def _fault(self, error: Exception, options: dict[str, Any]) -> Exception:
        if not getattr(self, "_called_from_command_line", False) or options.get("traceback"):
            return error
        return CommandError(fault(error), returncode=1)


def _one_line(error: object) -> str:
    return " ".join(str(error).split())


def _database_problem(error: DatabaseError) -> str | None:
    """What to do about an error of the database; None if it is an internal error."""
    try:
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            return "the database is not migrated: run manage.py migrate"
    except DatabaseError as unreachable:
        return f"the database cannot be used: {_one_line(unreachable)}"
    if isinstance(error, OperationalError):
        return f"the database cannot be used: {_one_line(error)}"
    return None
