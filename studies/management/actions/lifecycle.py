"""The actions `list`, `open`, `close` and `plan`."""

from __future__ import annotations

from argparse import ArgumentParser

from common.errors import InputError
from studies.design import DESIGNS
from studies.management.actions.action import Action, Options, study_of, takes_study
from studies.models import Cohort, Study
from studies.planning.adaptive import plan_round
from studies.planning.opening import close_study, open_study


def _takes_nothing(parser: ArgumentParser) -> None:
    """Declare no option."""


def _list(options: Options) -> str:
    shown = ("pk", "name", "kind", "state", "people_votes", "simulated_votes")
    return "\n".join(
        f"{pk}\t{name}\t{kind}-test\t{state}\t{people} votes\t{simulated} simulated"
        for pk, name, kind, state, people, simulated in Study.objects.with_votes().values_list(
            *shown
        )
    )


def _open(options: Options) -> str:
    study = study_of(options["study"])
    open_study(study)
    return f"study '{study}' is open; participants' link: {study.entry_url}"


def _close(options: Options) -> str:
    study = study_of(options["study"])
    close_study(study)
    return f"study '{study}' is closed"


def _plan(options: Options) -> str:
    study = study_of(options["study"])
    if not DESIGNS[study.design].follows_votes:
        raise InputError(
            f"the design '{study.design}' of study '{study}' is not adaptive: its pairs are fixed"
        )
    planned = plan_round(study, Cohort.PEOPLE)
    return f"{planned} next pairs of study '{study}' were chosen by its votes"


LIST = Action("all studies and their votes", _takes_nothing, _list)
OPEN = Action("admit participants", takes_study, _open)
CLOSE = Action("end a study; its votes stay", takes_study, _close)
PLAN = Action("choose the next pairs of an adaptive design", takes_study, _plan)
