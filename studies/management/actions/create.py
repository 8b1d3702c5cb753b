"""The action `create`: a new study in draft."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db import transaction

from common.errors import InputError
from common.name_value import names_and_values
from studies.forms.settings import SETTINGS, add_options, declarations
from studies.management.actions.action import Action, Options
from studies.models import Study
from studies.planning.opening import open_study, set_consent
from studies.rules.questions import CONSENT
from studies.sessions.completion_codes import ENDINGS
from transfer.batches.near_duplicates import near_duplicates
from transfer.models import Batch


def _add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("name")
    parser.add_argument("--kind", choices=Study.Kind.values, required=True)
    parser.add_argument("--batch", action="append", required=True, help="may be repeated")
    add_options(parser)
    parser.add_argument("--consent", type=Path, help="a text file; default: the built-in text")
    parser.add_argument("--code", action="append", metavar="ENDING=CODE", default=[],
                        help=f"endings: {', '.join(ENDINGS)}")  # fmt: skip
    parser.add_argument(
        "--owner", metavar="ACCOUNT", help="default: none, visible to every researcher"
    )
    parser.add_argument("--open", action="store_true", help="open it at once")


@transaction.atomic
def _run(options: Options) -> str:
    batches = [_batch(name) for name in options["batch"]]
    given = {
        setting.name: options[setting.name]
        for setting in SETTINGS
        if options.get(setting.name) is not None
    }
    given |= declarations(options)
    given["codes"] = _codes(options["code"])
    study = Study(**given, created_by=_account(options["owner"]))
    try:
        study.full_clean()
    except ValidationError as error:
        raise InputError(_one_line(error)) from error
    study.save()
    study.batches.set(batches)
    set_consent(study, _text(options["consent"]) if options["consent"] else CONSENT)
    if options["open"]:
        open_study(study)
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
        raise InputError(f"the consent text {path} cannot be read: {error}") from error


def _one_line(error: ValidationError) -> str:
    return "; ".join(f"{name}: {' '.join(said)}" for name, said in error.message_dict.items())


ACTION = Action("a new study in draft", _add_arguments, _run)
