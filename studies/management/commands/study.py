"""manage.py study: create, open, simulate, close and export studies."""

from __future__ import annotations

import csv
import math
from argparse import ArgumentParser
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import fields
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db import transaction
from tqdm import tqdm

from studies.codes import ENDINGS
from studies.design import DESIGNS
from studies.erasure import erase_again, erase_person
from studies.gates import ORIENTATIONS, Gates
from studies.management import files
from studies.models import Cohort, Study, Vote
from studies.models.rounds import plan_round
from studies.questions import CONSENT
from studies.rehearsal import own_server, rehearse
from studies.rules import Rules
from studies.simulate import Behaviour, simulate
from studies.vote_import import import_votes
from transfer.errors import InputError
from transfer.management.base import InputCommand, LineParser
from transfer.models import Batch


class Command(InputCommand):
    """Studies from the command line."""

    help = "Create, open, simulate, close, export and import studies; erase persons."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """One subcommand per thing to do."""
        actions = parser.add_subparsers(
            dest="action", metavar="ACTION", required=True, parser_class=LineParser
        )
        actions.add_parser("list", help="all studies and their votes")
        self._add_create(actions.add_parser("create", help="a new study in draft"))
        for action, does in (("open", "let participants in"), ("close", "let nobody in any more")):
            actions.add_parser(action, help=does).add_argument("study", help="name or number")
        plan = actions.add_parser("plan", help="choose the next pairs of a rule that follows votes")
        plan.add_argument("study", help="name or number")
        self._add_simulate(actions.add_parser("simulate", help="votes by simulated participants"))
        rehearse = actions.add_parser("rehearse", help="the same over HTTP, page by page")
        self._add_behaviour(rehearse)
        rehearse.add_argument("--server", metavar="URL", help="default: one of its own")
        rehearse.add_argument("--at-once", type=int, default=4, help="how many side by side")
        erase = actions.add_parser("erase", help="erase a person's sessions in all studies")
        who = erase.add_mutually_exclusive_group(required=True)
        who.add_argument("--external-id", help="the person's id on a recruitment service")
        who.add_argument("--again", action="store_true", help="what was erased before a restore")
        files.add_export(actions.add_parser("export", help="write votes as CSV or Parquet"))
        files.add_bundle(actions.add_parser("bundle", help="write an archive to publish"))
        files.add_codebook(actions.add_parser("codebook", help="write what the columns mean"))
        files.add_import(actions.add_parser("import", help="votes of others, as a closed study"))

    def _add_create(self, parser: ArgumentParser) -> None:
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

    def _add_simulate(self, parser: ArgumentParser) -> None:
        self._add_behaviour(parser)
        parser.add_argument("--trials", type=int, default=50)
        parser.add_argument("--rounds", action="store_true", help="choose pairs by votes so far")

    def _add_behaviour(self, parser: ArgumentParser) -> None:
        parser.add_argument("study", help="name or number")
        parser.add_argument("--scores", type=Path, required=True, help="SCORES.csv")
        parser.add_argument("--column", required=True, help="its column of true utilities")
        parser.add_argument("--participants", type=int, default=40)
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument("--side-bias", type=float, default=0.0)
        for share in ("inattention", "fatigue", "dropout"):
            parser.add_argument(f"--{share}", type=float, default=0.0, metavar="SHARE")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do what the subcommand says."""
        getattr(self, f"_{options['action']}")(options)

    def _list(self, options: dict[str, Any]) -> None:
        shown = ("pk", "name", "kind", "state", "people_votes", "simulated_votes")
        for pk, name, kind, state, people, simulated in Study.objects.with_votes().values_list(
            *shown
        ):
            self.stdout.write(
                f"{pk}\t{name}\t{kind}-test\t{state}\t{people} votes\t{simulated} simulated"
            )

    @transaction.atomic
    def _create(self, options: dict[str, Any]) -> None:
        batches = [_batch(name) for name in options["batch"]]
        names = {field.name for field in Study._meta.get_fields()}
        given = {
            name: value for name, value in options.items() if name in names and value is not None
        }
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
        self.stdout.write(f"study {study.pk} '{study}' is {study.state}")
        self.stdout.write(f"participants' link: {study.entry_url}")

    def _open(self, options: dict[str, Any]) -> None:
        study = _study(options["study"])
        study.open()
        self.stdout.write(f"study '{study}' is open; participants' link: {study.entry_url}")

    def _plan(self, options: dict[str, Any]) -> None:
        study = _study(options["study"])
        if not DESIGNS[study.design].follows_votes:
            raise InputError(f"study '{study}' asks {study.design} pairs, whatever the votes are")
        planned = plan_round(study, Cohort.PEOPLE)
        self.stdout.write(f"{planned} next pairs of study '{study}' were chosen by its votes")

    def _close(self, options: dict[str, Any]) -> None:
        study = _study(options["study"])
        study.close()
        self.stdout.write(f"study '{study}' is closed")

    def _simulate(self, options: dict[str, Any]) -> None:
        study = _study(options["study"])
        utilities = _column(options["scores"], options["column"])
        behaviour = _behaviour(options)
        with tqdm(total=options["participants"], unit="participant", disable=None) as bar:
            votes = simulate(
                study,
                utilities,
                options["participants"],
                options["trials"],
                options["seed"],
                behaviour,
                lambda done, total: _advance(bar, done),
                rounds=options["rounds"],
            )
        self.stdout.write(f"{votes} simulated votes in study '{study}'")

    def _rehearse(self, options: dict[str, Any]) -> None:
        study = _study(options["study"])
        study.open()
        utilities = _column(options["scores"], options["column"])
        behaviour, people = _behaviour(options), options["participants"]
        server = nullcontext(options["server"].rstrip("/")) if options["server"] else own_server()
        with server as origin, tqdm(total=people, unit="participant", disable=None) as bar:
            told = (study, origin, utilities, people, options["seed"], behaviour)
            answers, left = rehearse(
                *told, options["at_once"], lambda: _advance(bar, int(bar.n) + 1)
            )
        self.stdout.write(
            f"{answers} simulated answers over HTTP by {people} participants in study '{study}'; "
            f"{left} left early"
        )

    def _erase(self, options: dict[str, Any]) -> None:
        count = erase_again() if options["again"] else erase_person(options["external_id"])
        self.stdout.write(f"{count} sessions erased")

    def _export(self, options: dict[str, Any]) -> None:
        studies = [_study(name) for name in options["study"]]
        self.stdout.write(files.export(studies, options["out"]))

    def _bundle(self, options: dict[str, Any]) -> None:
        study = _study(options["study"])
        self.stdout.write(files.bundle(study, options["out"], options["licence"]))

    def _codebook(self, options: dict[str, Any]) -> None:
        self.stdout.write(files.codebook(options["out"]))

    def _import(self, options: dict[str, Any]) -> None:
        study = import_votes(options["file"], name=options["name"], kind=options["kind"])
        votes = Vote.objects.filter(trial__participant__study=study).count()
        people = study.participants.count()
        self.stdout.write(f"study {study.pk} '{study}': {votes} votes of {people} participants")


def _behaviour(options: dict[str, Any]) -> Behaviour:
    return Behaviour(**{f.name: options[f.name] for f in fields(Behaviour) if f.name in options})


def _advance(bar: tqdm[Any], done: int) -> None:
    bar.update(done - bar.n)


def _study(name: str) -> Study:
    """The study of a name, or of a number as `list` shows it."""
    found = Study.objects.filter(name=name).first()
    if found is None and name.isdigit():
        found = Study.objects.filter(pk=int(name)).first()
    if found is None:
        known = ", ".join(Study.objects.values_list("name", flat=True)[:10]) or "there is none"
        raise InputError(f"no study '{name}': known are: {known}")
    return found


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
    codes = {}
    for pair in given:
        ending, _, code = pair.partition("=")
        if ending not in ENDINGS or not code:
            raise InputError(f"--code {pair} is not understood: use {'|'.join(ENDINGS)}=CODE")
        codes[ending] = code
    return codes


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"the text {path} cannot be read: {error}") from error


def _column(path: Path, column: str) -> dict[str, float]:
    """The values of one column of a table by stimulus."""
    try:
        with path.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"the scores {path} cannot be read: {error}") from error
    for needed in ("stimulus", column):
        if not rows or needed not in rows[0]:
            raise InputError(f"{path} has no column '{needed}'")
    try:
        return {row["stimulus"]: float(row[column] or math.nan) for row in rows}
    except ValueError as error:
        raise InputError(f"{path}: column '{column}' holds something that is no number") from error


def _one_line(error: ValidationError) -> str:
    return "; ".join(f"{name}: {' '.join(said)}" for name, said in error.message_dict.items())
