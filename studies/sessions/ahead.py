"""The trial after the current one, foreseen so that its pictures can be fetched ahead.

A foresight is a hint and reserves nothing: the participant remembers an assignment and the id that
its trial would have. If the assignment is still free when the current trial is answered, and on the
side that is due then, it becomes the next trial with that id, at whose addresses the pictures have
been fetched; otherwise another one does, with another id. So a picture that was fetched ahead can
never stand in a trial of other pictures.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from studies.design import DESIGNS
from studies.models import Participant, TrialKind, TrialOutcome
from studies.models.trial import PLACES
from studies.sessions.errors import NotFoundError
from studies.sessions.history import side_due
from studies.sessions.next_trial import HEARTBEAT, find_session, history_of
from studies.sessions.trial_content import address_of

if TYPE_CHECKING:
    from studies.models import Assignment, Study, Trial
    from studies.sessions.history import History

_PRESENT = 2 * HEARTBEAT
"""For this long an assignment that a participant foresees is left out of what others foresee. A
longer time would leave it behind the others where that participant has left."""


def may_foresee(study: Study) -> bool:
    """Whether the assignments of a study are fixed, so that one can be foreseen.

    Adaptive designs change free assignments after every round.
    """
    return DESIGNS[study.design].next_round is None


@transaction.atomic
def look_ahead(token: str) -> list[str]:
    """Foresee the trial after the current one.

    Returns:
        The addresses of its pictures; empty if it cannot be foreseen, as a control trial, a break's
        or the last one.

    Raises:
        NotFoundError: there is no such session.

    """
    session = find_session(token, lock=True)
    if session is None:
        raise NotFoundError("there is no such session")
    participant, waiting = session
    history = history_of(participant)
    number = history.answered + 1  # of answers before the trial that is foreseen
    if (
        waiting is None
        or not may_foresee(participant.study)
        or number >= len(participant.trial_kinds)
        or participant.trial_kinds[number] != TrialKind.REAL
    ):
        return []
    assignment = _foreseen(participant, waiting, history)
    if assignment is None:
        return []
    if participant.ahead_assignment != assignment.pk:
        participant.ahead_assignment, participant.ahead_trial = assignment.pk, uuid.uuid4()
        participant.save(update_fields=["ahead_assignment", "ahead_trial"])
    assert participant.ahead_trial is not None
    return [address_of(participant.ahead_trial, place) for place in PLACES]


def _foreseen(participant: Participant, waiting: Trial, history: History) -> Assignment | None:
    """The assignment that would come next, of those that nobody else foresees."""
    present = timezone.now() - _PRESENT
    others = Participant.objects.filter(
        study=participant.study_id, last_seen__gte=present, ahead_assignment__isnull=False
    ).exclude(pk=participant.pk)
    free = participant.study.assignments.filter(cohort=participant.cohort).free()
    free = free.unseen(history.seen).exclude(pk__in=others.values("ahead_assignment"))
    due = _side_due_after(waiting, history)
    if due is not None:
        free = free.filter(first_left=due)
    return free.first()


def _side_due_after(waiting: Trial, history: History) -> bool | None:
    """The side that is due once the current trial is answered."""
    shown = [
        bool(step.first_left)
        for step in history.steps
        if (step.kind, step.outcome) == (TrialKind.REAL, TrialOutcome.VOTED)
    ]
    if waiting.kind == TrialKind.REAL:
        shown.append(bool(waiting.first_left))
    return side_due(shown)
