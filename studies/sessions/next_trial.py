"""Select the current or next trial of a session.

Every vote runs through here, so the queries are compiled ones. A vote and the selection of the next
trial are one transaction, which locks the participant first. Looking at the current trial writes
nothing.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db import models, transaction
from django.db.models import FilteredRelation, Q
from django.utils import timezone

from studies.models import Assignment, Participant, Trial, TrialKind, TrialOutcome
from studies.models.trial import LEASE
from studies.sessions.compiled_query import CompiledQuery, CompiledUpdate, Parameter
from studies.sessions.finishing import finish
from studies.sessions.history import History, side_in_surplus
from studies.sessions.trial_content import TrialContent, build_trial, control_content

if TYPE_CHECKING:
    import uuid
    from datetime import datetime

    from django.db.models import QuerySet

    from studies.models.assignments import AssignmentQuerySet

HEARTBEAT = timedelta(minutes=1)
"""`last_seen` and leases that are no older than this are not renewed."""
LOOKAHEAD = 64
"""Number of free assignments whose sides are counted, however many there are."""

_PARTICIPANT = Parameter("participant", models.BigIntegerField())
_TOKEN = Parameter("token", models.CharField())


def _free() -> AssignmentQuerySet:
    study = Parameter("study", models.BigIntegerField())
    cohort = Parameter("cohort", models.CharField())
    return Assignment.objects.filter(study_id=study, cohort=cohort).free()


def _next_free() -> AssignmentQuerySet:
    shown = Trial.objects.filter(participant_id=_PARTICIPANT, pair__isnull=False).order_by()
    return _free().unseen(shown.values("pair_id"))


def _sessions() -> QuerySet[Participant]:
    people: QuerySet[Any] = Participant.objects.filter(token=_TOKEN).order_by()
    waiting = FilteredRelation("trials", condition=Q(trials__outcome=TrialOutcome.WAITING))
    found: QuerySet[Participant] = people.annotate(waiting=waiting).select_related(
        "study", "waiting"
    )
    return found


_SESSION = CompiledQuery(_sessions)
_LOCKED_SESSION = CompiledQuery(lambda: _sessions().select_for_update(of=("self",)))
_LOCKED = CompiledQuery(lambda: Participant.objects.filter(pk=_PARTICIPANT).select_for_update())
_HISTORY = CompiledQuery(
    lambda: (
        Trial.objects.filter(participant_id=_PARTICIPANT)
        .order_by("position")
        .values_list("position", "pair_id", "first_left", "kind", "outcome")
    )
)
_WAITING = CompiledQuery(
    lambda: Trial.objects.filter(
        participant_id=_PARTICIPANT, outcome=TrialOutcome.WAITING
    ).order_by()
)
_BY_ID = CompiledQuery(
    lambda: Trial.objects.filter(
        participant_id=_PARTICIPANT, public_id=Parameter("public_id", models.UUIDField())
    ).order_by()
)
# Waiting trials are few and indexed, assignments are many. So expired trials are looked up first,
# and assignments only if there are any.
_EXPIRED = CompiledQuery(
    lambda: (
        Trial.objects.filter(
            outcome=TrialOutcome.WAITING, lease_until__lt=Parameter("now", models.DateTimeField())
        )
        .order_by()
        .values_list("pk", flat=True)
    )
)
_SIDES = CompiledQuery(
    lambda: _free().order_by("rank").values_list("first_left", flat=True)[:LOOKAHEAD]
)
_EITHER_SIDE = CompiledQuery(lambda: _next_free().locked()[:1])
_ONE_SIDE = CompiledQuery(
    lambda: _next_free().filter(first_left=Parameter("side", models.BooleanField())).locked()[:1]
)
_FORESEEN = CompiledQuery(
    lambda: _next_free().filter(pk=Parameter("assignment", models.BigIntegerField())).locked()[:1]
)
_TAKE = CompiledUpdate(
    lambda: Assignment.objects.filter(pk=Parameter("assignment", models.BigIntegerField())),
    trial_id=Parameter("trial", models.BigIntegerField()),
)


class Session(NamedTuple):
    """A participant with the study, and the trial that waits for an answer."""

    participant: Participant
    waiting: Trial | None


def find_session(token: str, *, lock: bool = False) -> Session | None:
    """The session of a token; None if there is none.

    Args:
        token: the participant's token.
        lock: lock the participant's row until the transaction ends.

    """
    participant = (_LOCKED_SESSION if lock else _SESSION).first(token=token)
    if participant is None:
        return None
    return Session(participant, _owned(participant, getattr(participant, "waiting", None)))


def history_of(participant: Participant) -> History:
    """The trials of a session so far."""
    return History(_HISTORY.all(participant=participant.pk))


def find_trial(session: Session, public_id: uuid.UUID) -> Trial | None:
    """The trial of a session with that id: usually the one that waits."""
    if session.waiting is not None and session.waiting.public_id == public_id:
        return session.waiting
    found = _BY_ID.first(participant=session.participant.pk, public_id=public_id)
    return _owned(session.participant, found)


def current_trial(participant: Participant, waiting: Trial | None = None) -> Trial | None:
    """The trial to answer now: the one that waits, or a new one; None at the end of the session.

    The position of a session is stored on the server only, so a second window or an old page can
    lead to no other trial.

    Args:
        participant: whose session it is; updated where this ends the session.
        waiting: the trial that waits, if it was fetched with the participant.

    """
    if waiting is not None and _is_up_to_date(participant, waiting):
        return waiting
    with transaction.atomic():
        # The lock keeps two windows of one session from getting two trials.
        [locked] = _LOCKED.all(participant=participant.pk)
        locked.study = participant.study
        trial = _select(locked, history_of(locked))
        if locked.state != participant.state:
            participant.refresh_from_db()
    return trial


def next_trial(locked: Participant) -> tuple[History, Trial | None]:
    """The history after an answer and the next trial, which is None before a break and at the end.

    Args:
        locked: a participant whose row this transaction has locked.

    """
    history = history_of(locked)
    return history, None if history.break_is_due(locked) else _select(locked, history)


def take_break(participant: Participant) -> None:
    """Record that a session continues after a break."""
    participant.rested = history_of(participant).answered
    participant.save(update_fields=["rested"])


def renew_lease(trial: Trial) -> None:
    """Extend the lease of a trial whose participant is still present."""
    trial.lease_until = timezone.now() + LEASE
    trial.save(update_fields=["lease_until"])


def _select(locked: Participant, history: History) -> Trial | None:
    """The waiting trial, or a new one; a session without a next trial is finished."""
    if locked.state != locked.State.ACTIVE:
        return None
    if not _is_recent(locked.last_seen):
        locked.last_seen = timezone.now()
        locked.save(update_fields=["last_seen"])
    trial = _waiting_trial(locked) if history.waits else None
    if trial is not None:
        if not _is_recent(trial.lease_until - LEASE):
            renew_lease(trial)
    elif locked.study.state == locked.study.State.OPEN:
        trial = _new_trial(locked, history)
    if trial is None and history.answered:  # a session without any answer is not finished
        finish(locked)
    return trial


def _is_up_to_date(participant: Participant, waiting: Trial) -> bool:
    """Whether a waiting trial can be shown without writing a heartbeat or a lease."""
    active = participant.state == participant.State.ACTIVE
    return active and _is_recent(participant.last_seen) and _is_recent(waiting.lease_until - LEASE)


def _is_recent(moment: datetime) -> bool:
    return timezone.now() - moment < HEARTBEAT


def _waiting_trial(participant: Participant) -> Trial | None:
    return _owned(participant, _WAITING.first(participant=participant.pk))


def _owned(participant: Participant, trial: Trial | None) -> Trial | None:
    """The trial, with the participant that is loaded already."""
    if trial is not None:
        trial.participant = participant
    return trial


def _new_trial(locked: Participant, history: History) -> Trial | None:
    if history.answered >= len(locked.trial_kinds):
        return None
    position = history.next_position
    if (kind := locked.trial_kinds[history.answered]) != TrialKind.REAL:
        content = control_content(locked, kind, position, history.seen)
        if content is not None:
            trial = build_trial(locked, content, position)
            trial.save(force_insert=True)
            return trial
    assignment = _foreseen(locked, history) or _next_assignment(locked, history)
    return None if assignment is None else _assign(locked, assignment, position)


def _assign(participant: Participant, assignment: Assignment, position: int) -> Trial:
    """Make the trial of a locked assignment, and expire the trial that held it before."""
    if assignment.trial_id is not None:
        Trial.objects.filter(pk=assignment.trial_id).update(outcome=TrialOutcome.EXPIRED)
    trial = build_trial(participant, TrialContent.of_assignment(assignment), position)
    if assignment.pk == participant.ahead_assignment and participant.ahead_trial is not None:
        # Its pictures may have been fetched already, at the addresses of this id. No earlier trial
        # has it: that would have shown the pair, and no participant sees a pair twice.
        trial.public_id = participant.ahead_trial
    trial.save(force_insert=True)
    assignment.trial = trial
    _TAKE.run(assignment=assignment.pk, trial=trial.pk)
    return trial


def _foreseen(locked: Participant, history: History) -> Assignment | None:
    """The assignment that was foreseen, if it is still free and on the side that is due."""
    if locked.ahead_assignment is None:
        return None
    found = _FORESEEN.first(
        study=locked.study_id,
        cohort=locked.cohort,
        participant=locked.pk,
        assignment=locked.ahead_assignment,
    )
    due = history.side_due
    return found if found is not None and due in (None, found.first_left) else None


def _next_assignment(locked: Participant, history: History) -> Assignment | None:
    """An assignment whose trial has expired, else the first free one, on the side that is due."""
    due = history.side_due
    if expired := _EXPIRED.all(now=timezone.now()):
        held = locked.study.assignments.filter(cohort=locked.cohort).held_by(expired)
        held = held.unseen(history.seen)
        if due is not None:
            held = held.filter(first_left=due)
        # Locked with its trial: an answer at this very moment would count beside the new one.
        if (found := held.select_related("trial").locked("trial").first()) is not None:
            return found
    cohort = {"study": locked.study_id, "cohort": locked.cohort}
    unseen = {**cohort, "participant": locked.pk}
    if due is not None:
        return _ONE_SIDE.first(**unseen, side=due)
    side = side_in_surplus(_SIDES.all(**cohort))
    found = None if side is None else _ONE_SIDE.first(**unseen, side=side)
    return found or _EITHER_SIDE.first(**unseen)
