"""From a draft to a closed study, and which studies there are."""

from __future__ import annotations

from argparse import ArgumentParser

from common.errors import InputError
from studies.design import DESIGNS
from studies.management.actions.action import Action, Options, study_of, takes_study
from studies.models import Cohort, Study
from studies.planning.adaptive import plan_round


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
    study.open()
    return f"study '{study}' is open; participants' link: {study.entry_url}"


def _close(options: Options) -> str:
    study = study_of(options["study"])
    study.close()
    return f"study '{study}' is closed"


def _plan(options: Options) -> str:
    study = study_of(options["study"])
    if not DESIGNS[study.design].follows_votes:
        raise InputError(f"study '{study}' asks {study.design} pairs, whatever the votes are")
    planned = plan_round(study, Cohort.PEOPLE)
    return f"{planned} next pairs of study '{study}' were chosen by its votes"


LIST = Action("all studies and their votes", _takes_nothing, _list)
OPEN = Action("let participants in", takes_study, _open)
CLOSE = Action("let nobody in any more", takes_study, _close)
PLAN = Action("choose the next pairs of a rule that follows votes", takes_study, _plan)
