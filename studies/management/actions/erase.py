"""The action `erase`: delete a person's data."""

from __future__ import annotations

from argparse import ArgumentParser

from studies.management.actions.action import Action, Options
from studies.privacy.erasure import erase_again, erase_person


def _add_arguments(parser: ArgumentParser) -> None:
    who = parser.add_mutually_exclusive_group(required=True)
    who.add_argument("--external-id", help="the person's id on a recruitment service")
    who.add_argument("--again", action="store_true", help="repeat logged erasures after a restore")


def _run(options: Options) -> str:
    count = erase_again() if options["again"] else erase_person(options["external_id"])
    return f"{count} sessions erased"


ACTION = Action("erase a person's sessions in all studies", _add_arguments, _run)
