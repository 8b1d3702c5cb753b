"""Deletion of studies that no person has answered."""

from __future__ import annotations

from django.db import transaction

from common.errors import InputError
from studies.models import Cohort, Study


def obstacle(study: Study) -> str:
    """Say why a study may not be deleted; empty where it may.

    Votes of people are never deleted with a study: `study erase` and the retention period remove
    what belongs to a person.
    """
    people = study.participants.filter(cohort=Cohort.PEOPLE).count()
    if people:
        return (
            f"{people} {'person has' if people == 1 else 'people have'} taken part: close it "
            "instead, its votes stay"
        )
    return ""


@transaction.atomic
def delete_study(study: Study) -> None:
    """Delete a study with its plan and its simulated and pilot votes. Stimuli stay.

    Raises:
        InputError: people have taken part, or another app needs the votes (it says so when it
            receives `pre_delete`).

    """
    locked = Study.objects.select_for_update().get(pk=study.pk)
    if reason := obstacle(locked):
        raise InputError(f"study '{study}' cannot be deleted: {reason}")
    # In this order: trials and assignments protect their pairs.
    locked.participants.all().delete()
    locked.assignments.all().delete()
    locked.delete()
