"""Whose turn it is: a participant's past, the trial that waits, and the one that comes next.

Every vote runs through here, so the queries are prepared ones. A vote and the trial after it are
one transaction, which locks the participant first; a page that is merely looked at writes nothing.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db import models, transaction
from django.db.models import FilteredRelation, Q
from django.utils import timezone

from studies.design.sides import AHEAD, plentiful_side
from studies.models.assignments import Slot
from studies.models.choices import Outcome, TrialKind
from studies.models.participant import Participant
from studies.models.trial import LEASE, Trial
from studies.sessions.compiled_query import Given, Prepared
from studies.sessions.history import Past
from studies.sessions.trial_content import control

if TYPE_CHECKING:
    import uuid
    from datetime import datetime

    from django.db.models import QuerySet

    from studies.models.assignments import SlotQuerySet

RECENT = timedelta(minutes=1)
"""A sign of life or a lease that is no older than this is not renewed."""

_PERSON = Given("person", models.BigIntegerField())
_TOKEN = Given("token", models.CharField())


def _free() -> SlotQuerySet:
    study, cohort = Given("study", models.BigIntegerField()), Given("cohort", models.CharField())
    return Slot.objects.filter(study_id=study, cohort=cohort).free()


def _next_free() -> SlotQuerySet:
    shown = Trial.objects.filter(participant_id=_PERSON, pair__isnull=False).order_by()
    return _free().unseen(shown.values("pair_id"))


def _sessions() -> QuerySet[Participant]:
    people: QuerySet[Any] = Participant.objects.filter(token=_TOKEN).order_by()
    waiting = FilteredRelation("trials", condition=Q(trials__outcome=Outcome.WAITING))
    found: QuerySet[Participant] = people.annotate(waiting=waiting).select_related(
        "study", "waiting"
    )
    return found


_SESSION = Prepared(_sessions)
_LOCKED_SESSION = Prepared(lambda: _sessions().select_for_update(of=("self",)))
_LOCKED = Prepared(lambda: Participant.objects.filter(pk=_PERSON).select_for_update())
_PAST = Prepared(
    lambda: (
        Trial.objects.filter(participant_id=_PERSON)
        .order_by("position")
        .values_list("position", "pair_id", "first_left", "kind", "outcome")
    )
)
_WAITING = Prepared(
    lambda: Trial.objects.filter(participant_id=_PERSON, outcome=Outcome.WAITING).order_by()
)
_ASKED = Prepared(
    lambda: Trial.objects.filter(
        participant_id=_PERSON, public_id=Given("public_id", models.UUIDField())
    ).order_by()
)
# Few trials wait, mostly none for too long, and an index knows them; slots are many. So the trials
# are looked for first, and where there are none, no slot is.
_LATE = Prepared(
    lambda: (
        Trial.objects.filter(
            outcome=Outcome.WAITING, lease_until__lt=Given("now", models.DateTimeField())
        )
        .order_by()
        .values_list("pk", flat=True)
    )
)
_SIDES = Prepared(lambda: _free().order_by("rank").values_list("first_left", flat=True)[:AHEAD])
_EITHER_SIDE = Prepared(lambda: _next_free().locked()[:1])
_ONE_SIDE = Prepared(
    lambda: _next_free().filter(first_left=Given("side", models.BooleanField())).locked()[:1]
)


def session(token: str, *, lock: bool = False) -> Participant | None:
    """The participant whose key `token` is, with the study and the trial that waits.

    `lock`: nobody else acts for the participant until the transaction is over.
    """
    return (_LOCKED_SESSION if lock else _SESSION).first(token=token)


def past_of(participant: Participant) -> Past:
    """The participant's trials so far."""
    return Past(_PAST.all(person=participant.pk))


def trial_asked(participant: Participant, public_id: uuid.UUID) -> Trial | None:
    """The participant's trial of that id; mostly it is the one that waits."""
    trial = participant.waiting
    if trial is None or trial.public_id != public_id:
        trial = _ASKED.first(person=participant.pk, public_id=public_id)
    return _with(participant, trial)


def current_trial(participant: Participant, past: Past) -> Trial | None:
    """See `Participant.current_trial`."""
    if participant.state == participant.State.ACTIVE and _is_recent(participant.last_seen):
        trial = _waiting(participant, past)
        if trial is not None and _is_recent(trial.lease_until - LEASE):
            return trial
    with transaction.atomic():
        # The lock keeps two windows of one person from getting two trials.
        [locked] = _LOCKED.all(person=participant.pk)
        locked.study = participant.study
        trial = _take_turn(locked, past_of(locked))
        if locked.state != participant.state:
            participant.refresh_from_db()
    return trial


def look_ahead(locked: Participant) -> tuple[Past, Trial | None]:
    """After an answer: what lies behind, and the trial that comes next, ready to be shown.

    There is none before a break and at the end.
    """
    past = past_of(locked)
    return past, None if locked.rest_is_due(past) else _take_turn(locked, past)


def _take_turn(locked: Participant, past: Past) -> Trial | None:
    """The trial that waits for a participant, or a new one; whoever finds none has finished."""
    if locked.state != locked.State.ACTIVE:
        return None
    if not _is_recent(locked.last_seen):
        locked.last_seen = timezone.now()
        locked.save(update_fields=["last_seen"])
    trial = _waiting(locked, past)
    if trial is not None:
        if not _is_recent(trial.lease_until - LEASE):
            trial.renew()
    elif locked.study.state == locked.study.State.OPEN:
        trial = _next_trial(locked, past)
    if trial is None and past.answered:  # who answered nothing has finished nothing
        locked.finish()
    return trial


def _is_recent(moment: datetime) -> bool:
    return timezone.now() - moment < RECENT


def _waiting(participant: Participant, past: Past) -> Trial | None:
    trial = participant.waiting
    if past.waits and (trial is None or trial.outcome != Outcome.WAITING):
        trial = _WAITING.first(person=participant.pk)
    return _with(participant, trial) if past.waits else None


def _with(participant: Participant, trial: Trial | None) -> Trial | None:
    if trial is not None:
        trial.participant = participant
    return trial


def _next_trial(locked: Participant, past: Past) -> Trial | None:
    if past.answered >= len(locked.plan):
        return None
    if (kind := locked.plan[past.answered]) != TrialKind.REAL:
        showing = control(locked, kind, past.next_position, past.seen)
        if showing is not None:
            trial = Trial.prepare(locked, showing, past.next_position)
            trial.save(force_insert=True)
            return trial
    slot = _next_slot(locked, past)
    return None if slot is None else Trial.assign(locked, slot, past.next_position)


def _next_slot(locked: Participant, past: Past) -> Slot | None:
    due = past.side_due
    if late := _LATE.all(now=timezone.now()):
        slots = locked.study.slots.filter(cohort=locked.cohort).held_by(late).unseen(past.seen)
        if due is not None:
            slots = slots.filter(first_left=due)
        # With its trial, or an answer that comes this very moment would count beside the new one.
        if (slot := slots.select_related("trial").locked("trial").first()) is not None:
            return slot
    of = {"study": locked.study_id, "cohort": locked.cohort}
    person = {**of, "person": locked.pk}
    if due is not None:
        return _ONE_SIDE.first(**person, side=due)
    side = plentiful_side(_SIDES.all(**of))
    slot = None if side is None else _ONE_SIDE.first(**person, side=side)
    return slot or _EITHER_SIDE.first(**person)
