"""What is kept no longer than it is needed. Votes stay; what could lead to a person goes."""

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
    """How much was removed, or would be."""

    people_forgotten: int
    """Participants of studies that closed long ago: ids, windows and keys are gone."""
    turned_away: int
    """Rows of those who never took part."""
    tasks: int
    sessions: int

    def __str__(self) -> str:
        return ", ".join(f"{name.replace('_', ' ')}: {n}" for name, n in asdict(self).items())


def sweep(days: int, *, dry_run: bool = False) -> Swept:
    """Forget what is older than so many days.

    Of studies that closed before that, participants lose their ids on the recruitment service, the
    size of their window, their completion code and the key that opens their session.
    """
    before = timezone.now() - timedelta(days=days)
    people = _known_people(before)
    away = Participant.objects.filter(
        state=Participant.State.TURNED_AWAY, started_at__lt=before, trials=None
    )
    tasks = DBTaskResult.objects.finished().filter(finished_at__lt=before)
    sessions = Session.objects.filter(expire_date__lt=timezone.now())
    swept = Swept(people.count(), away.count(), tasks.count(), sessions.count())
    if not dry_run:
        for participant in people.iterator():
            _forget(participant)
        for rows in (away, tasks, sessions):
            rows.delete()
        sweep_temporary()
    return swept


def _known_people(before: object) -> QuerySet[Participant]:
    over = Participant.objects.filter(study__state=Study.State.CLOSED, study__closed_at__lt=before)
    return over.exclude(source="", screen={}).exclude(state=Participant.State.WITHDRAWN)


def _forget(participant: Participant) -> None:
    participant.external_id = participant.external_session = participant.external_study = ""
    participant.source = ""
    participant.screen = {}
    participant.token, participant.code = new_token(), new_code()
    participant.save()
    # How the pictures lay matters to an analysis; how large the window was may tell people apart.
    votes = Vote.objects.filter(trial__participant=participant)
    for layout in ("beside", "stacked"):
        votes.filter(screen__layout=layout).update(screen={"layout": layout})
    votes.filter(screen__layout__isnull=True).update(screen={})
