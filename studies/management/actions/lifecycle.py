"""The actions `list`, `open`, `pause`, `resume`, `close`, `reopen`, `delete` and `plan`."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Callable

from common.errors import InputError
from studies.design import DESIGNS
from studies.management.actions.action import Action, Options, study_of, takes_study
from studies.models import Cohort, Study
from studies.planning.adaptive import plan_round
from studies.planning.deletion import delete_study
from studies.planning.opening import (
    close_study,
    open_study,
    pause_study,
    reopen_study,
    resume_study,
)


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


def _change(help_text: str, change: Callable[[Study], None], said: str) -> Action:
    """An action that changes the state of a study, and then says `said`."""

    def run(options: Options) -> str:
        study = study_of(options["study"])
        change(study)
        return said.format(study=study, link=study.entry_url)

    return Action(help_text, takes_study, run)


def _plan(options: Options) -> str:
    study = study_of(options["study"])
    if not DESIGNS[study.design].follows_votes:
        raise InputError(
            f"the design '{study.design}' of study '{study}' is not adaptive: its pairs are fixed"
        )
    planned = plan_round(study, Cohort.PEOPLE)
    return f"{planned} next pairs of study '{study}' were chosen by its votes"


LIST = Action("all studies and their votes", _takes_nothing, _list)
OPEN = _change(
    "admit participants", open_study, "study '{study}' is open; participants' link: {link}"
)
CLOSE = _change("end a study; its votes stay", close_study, "study '{study}' is closed")
PAUSE = _change(
    "admit no new participants for the time being",
    pause_study,
    "study '{study}' admits no new participants",
)
RESUME = _change("end a pause", resume_study, "study '{study}' admits participants again")
REOPEN = _change(
    "open a closed study again",
    reopen_study,
    "study '{study}' is open again; participants' link: {link}",
)
DELETE = _change(
    "delete a study that no person has answered", delete_study, "study '{study}' is deleted"
)
PLAN = Action("choose the next pairs of an adaptive design", takes_study, _plan)
