"""Retention: delete personal data and leftovers after a period. Votes stay."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import timedelta

from django.contrib.sessions.models import Session
from django.db.models import QuerySet
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from common.media import sweep_temporary
from studies.models import Participant, Study, Vote
from studies.models.tokens import new_code, new_token


@dataclass(frozen=True)
class Swept:
    """Numbers of deleted or changed rows; for a dry run, of those that would be."""

    people_forgotten: int
    """Participants of studies closed long ago, whose personal data were deleted."""
    screened_out: int
    """Rows of screened-out participants."""
    tasks: int
    """Finished background tasks."""
    sessions: int
    """Expired login sessions."""

    def __str__(self) -> str:
        return ", ".join(f"{name.replace('_', ' ')}: {n}" for name, n in asdict(self).items())


def sweep(days: int, *, dry_run: bool = False) -> Swept:
    """Delete what is older than a number of days.

    Participants of studies that closed earlier lose their ids on the recruitment service, the size
    of their window, their comment, their completion code and the token of their session.

    Args:
        days: at least 0.
        dry_run: count only.

    """
    before = timezone.now() - timedelta(days=days)
    people = _identifiable(before)
    screened_out = Participant.objects.filter(
        state=Participant.State.SCREENED_OUT, started_at__lt=before, trials=None
    )
    tasks = DBTaskResult.objects.finished().filter(finished_at__lt=before)
    sessions = Session.objects.filter(expire_date__lt=timezone.now())
    swept = Swept(people.count(), screened_out.count(), tasks.count(), sessions.count())
    if not dry_run:
        for participant in people.iterator():
            _forget(participant)
        for rows in (screened_out, tasks, sessions):
            rows.delete()
        sweep_temporary()
    return swept


def _identifiable(before: object) -> QuerySet[Participant]:
    over = Participant.objects.filter(study__state=Study.State.CLOSED, study__closed_at__lt=before)
    return over.exclude(source="", screen={}).exclude(state=Participant.State.WITHDRAWN)


def _forget(participant: Participant) -> None:
    participant.external_id = participant.external_session = participant.external_study = ""
    participant.source = ""
    participant.screen = {}
    participant.questionnaire.pop("comment", None)  # it may say who wrote it
    participant.token, participant.code = new_token(), new_code()
    participant.save()
    # Analyses need the layout of the pictures; the size of the window may identify a person.
    votes = Vote.objects.filter(trial__participant=participant)
    for layout in ("beside", "stacked"):
        votes.filter(screen__layout=layout).update(screen={"layout": layout})
    votes.filter(screen__layout__isnull=True).update(screen={})
