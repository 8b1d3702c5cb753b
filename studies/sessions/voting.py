"""Record votes and load failures, with the consequences that the study's rules attach to them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from django.db import models, transaction

from studies.design import DESIGNS
from studies.models import Assignment, Choice, Trial, TrialKind, TrialOutcome, Vote
from studies.monitoring.pausing import pause_if_exceeded
from studies.planning.tasks import request_round
from studies.sessions.compiled_query import CompiledUpdate, Parameter
from studies.sessions.errors import NotFoundError, TieNotOfferedError
from studies.sessions.finishing import finish_if_complete
from studies.sessions.next_trial import find_session, find_trial, next_trial

if TYPE_CHECKING:
    import uuid

    from studies.models import Participant
    from studies.sessions.history import History

_ANSWER = CompiledUpdate(
    lambda: Trial.objects.filter(
        pk=Parameter("trial", models.BigIntegerField()), outcome=TrialOutcome.WAITING
    ),
    outcome=TrialOutcome.VOTED,
)


class Continuation(NamedTuple):
    """The state of a session after an answer."""

    participant: Participant
    history: History
    trial: Trial | None
    """The next trial; None before a break and at the end."""
    answered: Trial
    """The trial that was answered."""
    choice: str
    """The answer that counts: the first one, where several were sent."""


def vote_and_continue(
    token: str,
    trial: uuid.UUID,
    choice: str,
    client_uuid: uuid.UUID,
    response_ms: int | None = None,
    hidden_ms: int | None = None,
    screen: dict[str, Any] | None = None,
) -> Continuation:
    """Record an answer and select the next trial, in one transaction.

    Raises:
        NotFoundError: there is no such session, or it has no such trial.
        TieNotOfferedError: the answer is a tie, and the study offers none.

    """
    with transaction.atomic():
        session = find_session(token, lock=True)
        if session is None:
            raise NotFoundError("there is no such session")
        participant = session.participant
        if choice == Choice.TIE and not participant.study.ties_allowed:
            raise TieNotOfferedError("this study offers no ties")
        answered = find_trial(session, trial)
        if answered is None:
            raise NotFoundError("the session has no such trial")
        given = record_vote(answered, choice, client_uuid, response_ms, screen, hidden_ms)
        return Continuation(participant, *next_trial(participant), answered, given.choice)


@transaction.atomic(savepoint=False)
def record_vote(
    trial: Trial,
    choice: str,
    client_uuid: uuid.UUID,
    response_ms: int | None = None,
    screen: dict[str, Any] | None = None,
    hidden_ms: int | None = None,
) -> Vote:
    """Record the answer to a trial.

    Repeated calls change nothing and return the first vote. An answer that arrives after the
    assignment went to another participant is stored and excluded as "late".

    Args:
        trial: the trial that is answered.
        choice: left, right or tie.
        client_uuid: the browser's id of the answer.
        response_ms: response time in milliseconds, without the time for which the page was hidden.
        screen: properties of the window.
        hidden_ms: milliseconds for which the page was hidden before the answer.

    """
    # Of simultaneous answers one updates the row; the others wait for its transaction here.
    late = not _ANSWER.run(trial=trial.pk)
    if late:
        if (vote := Vote.objects.filter(trial=trial).first()) is not None:
            return vote
        Trial.objects.filter(pk=trial.pk).update(outcome=TrialOutcome.VOTED)
    trial.outcome = TrialOutcome.VOTED
    vote = Vote(
        trial=trial,
        choice=choice,
        client_uuid=client_uuid,
        response_ms=response_ms,
        hidden_ms=hidden_ms,
        screen=screen or {},
        excluded="late" if late else "",
    )
    vote.save(force_insert=True)
    participant = trial.participant
    if trial.kind == TrialKind.REAL and not late and _is_adaptive(participant):
        request_round(trial)
    if trial.kind == TrialKind.GOLD:
        pause_if_exceeded(participant.study)
    if trial.position >= len(participant.trial_kinds):
        finish_if_complete(participant)
    return vote


@transaction.atomic
def record_load_failure(trial: Trial) -> None:
    """Record that a picture of a waiting trial could not be shown, and release its assignment."""
    locked = Trial.objects.select_for_update().get(pk=trial.pk)
    if locked.outcome == TrialOutcome.WAITING:
        locked.outcome = TrialOutcome.COULD_NOT_LOAD
        locked.save(update_fields=["outcome"])
        Assignment.objects.filter(trial=locked).update(trial=None)
        pause_if_exceeded(locked.participant.study)


def _is_adaptive(participant: Participant) -> bool:
    return DESIGNS[participant.study.design].next_round is not None
