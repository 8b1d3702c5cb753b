"""The states of a study: consent text, opening, pausing, closing, reopening, archiving."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from common.errors import InputError
from studies.models import Cohort, Study
from studies.planning.allocation import items_of, planned_votes, study_blocks, write_assignments
from studies.planning.remedies import check_feasibility

PAUSED_BY_HAND = "a researcher paused the study"


def set_consent(study: Study, text: str) -> None:
    """Use `text` as the consent text from now on; earlier versions stay on record."""
    text = text.strip().replace("\r\n", "\n")
    if text != study.consent.text:
        study.consent_texts.create(version=study.consent.version + 1, text=text)


@transaction.atomic
def open_study(study: Study) -> None:
    """Fix the stimuli and the plan of a study, and admit participants.

    An open study is not changed.

    Raises:
        InputError: the study is closed, or its plan cannot answer its question.

    """
    if study.state == Study.State.CLOSED:
        raise InputError(f"study '{study}' is closed: create a new one")
    if study.state == Study.State.OPEN:
        return
    items = items_of(study)
    planned = planned_votes(study, study_blocks(study, items))
    check_feasibility(study, items, planned)
    study.stimuli.set([item.key for item in items])
    study.pairs_wanted = study.votes_wanted // study.votes_per_pair
    study.state = Study.State.OPEN
    study.opened_at = timezone.now()
    study.save()
    write_assignments(study, Cohort.PEOPLE, 0, planned)


def close_study(study: Study) -> None:
    """End a study: nobody can take part any more. Votes stay.

    Raises:
        InputError: the study is a draft.

    """
    if study.state == Study.State.DRAFT:
        raise InputError(f"study '{study}' was never opened: open it, or delete it")
    study.state, study.closed_at = Study.State.CLOSED, timezone.now()
    study.save(update_fields=["state", "closed_at"])


def reopen_study(study: Study) -> None:
    """Admit participants to a closed study again, with the plan that it had.

    Sessions that were unfinished when it closed can be continued.

    Raises:
        InputError: the study is not closed, or its votes were imported, so that it has no plan.

    """
    if study.state != Study.State.CLOSED:
        raise InputError(f"study '{study}' is not closed")
    if study.opened_at is None:
        raise InputError(f"study '{study}' was never open: its votes were imported")
    study.state, study.closed_at = Study.State.OPEN, None
    study.save(update_fields=["state", "closed_at"])


def pause_study(study: Study) -> None:
    """Admit no new participants until the pause ends; sessions that have begun continue.

    Raises:
        InputError: the study is not open.

    """
    if study.state != Study.State.OPEN:
        raise InputError(f"study '{study}' is not open: only an open study can pause")
    if not study.paused_because:
        study.paused_because = PAUSED_BY_HAND
        study.save(update_fields=["paused_because"])


def resume_study(study: Study) -> None:
    """End a pause: admit new participants again."""
    study.paused_because = ""
    study.save(update_fields=["paused_because"])


def archive_study(study: Study) -> None:
    """Leave a study out of the lists; its page, votes and calibrations stay.

    Raises:
        InputError: the study is open.

    """
    if study.state == Study.State.OPEN:
        raise InputError(f"study '{study}' is open: close it before it is archived")
    study.archived_at = timezone.now()
    study.save(update_fields=["archived_at"])


def unarchive_study(study: Study) -> None:
    """List an archived study again."""
    study.archived_at = None
    study.save(update_fields=["archived_at"])
