"""A new study from the command line."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db import transaction

from common.errors import InputError
from common.name_value import names_and_values
from studies.design import DESIGNS
from studies.management.actions.action import Action, Options
from studies.models import Study
from studies.rules.questions import CONSENT
from studies.rules.screen_requirements import ORIENTATIONS, Gates
from studies.rules.session_rules import Rules
from studies.sessions.completion_codes import ENDINGS
from transfer.batches.near_duplicates import near_duplicates
from transfer.models import Batch


def _add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("name")
    parser.add_argument("--kind", choices=Study.Kind.values, required=True)
    parser.add_argument("--batch", action="append", required=True, help="may be repeated")
    parser.add_argument("--title", help="what participants read instead of the name")
    parser.add_argument("--design", choices=list(DESIGNS))
    parser.add_argument("--scope", choices=Study.Scope.values, help="what a pair shares")
    parser.add_argument("--trials", type=int, dest="trials_per_participant")
    parser.add_argument("--participants", type=int, dest="participant_target")
    parser.add_argument("--votes-per-pair", type=int)
    parser.add_argument("--seed", type=int)
    parser.add_argument("--ties", action="store_const", const=True, dest="ties_allowed")
    parser.add_argument("--enlarge", action="store_const", const=True)
    parser.add_argument("--consent", type=Path, help="a text file; default: our own text")
    for rule in fields(Rules):
        parser.add_argument(f"--{rule.name.replace('_', '-')}", type=int, metavar="N")
    parser.add_argument("--recruiter", choices=Study.Recruiter.values)
    parser.add_argument("--returning", choices=Study.Returning.values)
    for side in ("width", "height"):
        parser.add_argument(f"--least-{side}", type=int, help="of the window, in CSS pixels")
    parser.add_argument("--stack", action="store_const", const=True,
                        help="narrower windows show the pictures stacked")  # fmt: skip
    parser.add_argument("--least-pixel-ratio", type=float, help="device pixels per CSS pixel")
    parser.add_argument("--orientation", choices=ORIENTATIONS[1:])
    parser.add_argument("--language", choices=[code for code, _ in settings.LANGUAGES],
                        help="of participants' pages; default: each browser's")  # fmt: skip
    parser.add_argument("--code", action="append", metavar="ENDING=CODE", default=[],
                        help=f"endings: {', '.join(ENDINGS)}")  # fmt: skip
    parser.add_argument("--owner", metavar="ACCOUNT", help="default: every researcher sees it")
    parser.add_argument("--open", action="store_true", help="open it at once")


@transaction.atomic
def _run(options: Options) -> str:
    batches = [_batch(name) for name in options["batch"]]
    names = {field.name for field in Study._meta.get_fields()}
    given = {name: value for name, value in options.items() if name in names and value is not None}
    rules, gates = (
        {field.name: options[field.name] for field in fields(kind) if options[field.name]}
        for kind in (Rules, Gates)
    )
    given |= {"rules": Rules.of(rules).declared(), "gates": Gates.of(gates).declared()}
    given["codes"] = _codes(options["code"])
    study = Study(**given, created_by=_account(options["owner"]))
    try:
        study.full_clean()
    except ValidationError as error:
        raise InputError(_one_line(error)) from error
    study.save()
    study.batches.set(batches)
    study.set_consent(_text(options["consent"]) if options["consent"] else CONSENT)
    if options["open"]:
        study.open()
    lines = [f"study {study.pk} '{study}' is {study.state}"]
    lines += [f"participants' link: {study.entry_url}"]
    return "\n".join([*lines, *(f"warning: {one}" for one in near_duplicates(batches))])


def _batch(name: str) -> Batch:
    try:
        return Batch.objects.get(name=name)
    except Batch.DoesNotExist:
        known = ", ".join(Batch.objects.values_list("name", flat=True)[:10]) or "there is none"
        raise InputError(f"no batch '{name}': known are: {known}") from None


def _account(name: str | None) -> Any:
    if name is None:
        return None
    if (found := get_user_model().objects.filter(username=name).first()) is None:
        raise InputError(f"no account '{name}': make it with manage.py createsuperuser")
    return found


def _codes(given: Sequence[str]) -> dict[str, str]:
    codes = names_and_values(given)
    for ending, code in codes.items():
        if ending not in ENDINGS or not code:
            accepted = "|".join(ENDINGS)
            raise InputError(f"--code {ending}={code} is not understood: use {accepted}=CODE")
    return codes


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"the text {path} cannot be read: {error}") from error


def _one_line(error: ValidationError) -> str:
    return "; ".join(f"{name}: {' '.join(said)}" for name, said in error.message_dict.items())


ACTION = Action("a new study in draft", _add_arguments, _run)
