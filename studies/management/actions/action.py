"""The type of an action of `manage.py study`, and arguments that several actions share."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Callable
from typing import Any, NamedTuple

from common.errors import InputError
from studies.models import Study

Options = dict[str, Any]


class Action(NamedTuple):
    """An action of `manage.py study`."""

    help: str
    add_arguments: Callable[[ArgumentParser], None]
    run: Callable[[Options], str]
    """Runs the action and returns a report of a few lines; raises InputError."""


def takes_study(parser: ArgumentParser) -> None:
    """Declare the argument that names a study."""
    parser.add_argument("study", help="name or number")


def study_of(name: str) -> Study:
    """The study with a name, or with a number as `list` shows it.

    Raises:
        InputError: there is no such study.

    """
    found = Study.objects.named(name)
    if found is None:
        known = ", ".join(Study.objects.values_list("name", flat=True)[:10]) or "there is none"
        raise InputError(f"no study '{name}': known are: {known}")
    return found
