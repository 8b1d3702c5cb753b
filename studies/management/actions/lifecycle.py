"""The actions `list`, `open`, `pause`, `resume`, `close`, `reopen`, `delete` and `plan`."""

from __future__ import annotations

from argparse import ArgumentParser

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


def _open(options: Options) -> str:
    study = study_of(options["study"])
    open_study(study)
    return f"study '{study}' is open; participants' link: {study.entry_url}"


def _close(options: Options) -> str:
    study = study_of(options["study"])
    close_study(study)
    return f"study '{study}' is closed"


def _pause(options: Options) -> str:
    study = study_of(options["study"])
    pause_study(study)
    return f"study '{study}' admits no new participants"


def _resume(options: Options) -> str:
    study = study_of(options["study"])
    resume_study(study)
    return f"study '{study}' admits participants again"


def _reopen(options: Options) -> str:
    study = study_of(options["study"])
    reopen_study(study)
    return f"study '{study}' is open again; participants' link: {study.entry_url}"


def _delete(options: Options) -> str:
    study = study_of(options["study"])
    delete_study(study)
    return f"study '{study}' is deleted"


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
PAUSE = Action("admit no new participants for the time being", takes_study, _pause)
RESUME = Action("end a pause", takes_study, _resume)
REOPEN = Action("open a closed study again", takes_study, _reopen)
DELETE = Action("delete a study that no person has answered", takes_study, _delete)
PLAN = Action("choose the next pairs of an adaptive design", takes_study, _plan)
