"""What an action is, and what several of them need."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Callable
from typing import Any, NamedTuple

from common.errors import InputError
from studies.models import Study

Options = dict[str, Any]


class Action(NamedTuple):
    """One thing that `manage.py study` does."""

    help: str
    add_arguments: Callable[[ArgumentParser], None]
    run: Callable[[Options], str]
    """Does it, and says in a few lines what was done; raises InputError."""


def takes_study(parser: ArgumentParser) -> None:
    """Declare the study that an action is about."""
    parser.add_argument("study", help="name or number")


def study_of(name: str) -> Study:
    """The study of a name, or of a number as `list` shows it.

    Raises:
        InputError: there is none.

    """
    found = Study.objects.filter(name=name).first()
    if found is None and name.isdigit():
        found = Study.objects.filter(pk=int(name)).first()
    if found is None:
        known = ", ".join(Study.objects.values_list("name", flat=True)[:10]) or "there is none"
        raise InputError(f"no study '{name}': known are: {known}")
    return found
