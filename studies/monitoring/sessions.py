"""The sessions of a study for its researchers: how each went, and whether it should be paid."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import Count, F, Q

from studies.models import Participant, TrialKind, TrialOutcome
from studies.rules.session_rules import MISSED_ATTENTION_CHECKS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from studies.models import Study
    from studies.models.participant import ParticipantQuerySet

APPROVE, REJECT, WAIT = "approve", "reject", "wait"
_PHONE = 500
"""CSS pixels of the shorter side of a window, below which a phone shows it."""
_STATES = {
    Participant.State.ACTIVE: "not finished",
    Participant.State.FINISHED: "finished",
    Participant.State.WITHDRAWN: "withdrawn",
    Participant.State.SCREENED_OUT: "screened out",
    Participant.State.REPLACED: "began anew",
}


@dataclass(frozen=True)
class SessionRow:
    """One session. Texts are empty where nothing is known, such as after the retention period."""

    participant: str
    """The first digits of the public id, as in exports."""
    window: str
    """The size of the window at consent, and the device that it suggests."""
    started: Any
    minutes: float | None
    answered: int
    asked: int
    gold: str
    """Gold trials: answered rightly, of those answered."""
    attention: str
    """Attention checks, likewise."""
    state: str
    excluded: str
    code: str
    decision: str
    reason: str


def session_rows(sessions: Iterable[Participant]) -> list[SessionRow]:
    """The rows of participants from `annotated`."""
    return [_row(session) for session in sessions]


def annotated(study: Study, cohort: str) -> ParticipantQuerySet:
    """The participants of a cohort with the counts that rows need, the latest first."""
    voted = Q(trials__outcome=TrialOutcome.VOTED)
    right = voted & Q(trials__answer__choice=F("trials__expected"))
    counts = {"answers": Count("trials", filter=voted)}
    for name, kind in (("gold", TrialKind.GOLD), ("attention", TrialKind.ATTENTION_CHECK)):
        counts[f"{name}_asked"] = Count("trials", filter=voted & Q(trials__kind=kind))
        counts[f"{name}_right"] = Count("trials", filter=right & Q(trials__kind=kind))
    found: ParticipantQuerySet = study.participants.filter(cohort=cohort)
    return found.annotate(**counts).order_by("-pk")


def decision_on(participant: Participant) -> tuple[str, str]:
    """Whether a session is to be paid, and why not.

    Missed gold trials exclude data and never decide about payment. Missed attention checks may, as
    recruitment services permit. Who has not finished is left undecided.
    """
    if participant.state != Participant.State.FINISHED:
        return WAIT, _STATES[Participant.State(participant.state)]
    if participant.excluded == MISSED_ATTENTION_CHECKS:
        return REJECT, "attention checks missed"
    return APPROVE, ""


def device(screen: dict[str, Any]) -> str:
    """A window in words; empty if its size is not known. Names of browsers are never stored."""
    width, height = screen.get("width"), screen.get("height")
    if not width or not height:
        return ""
    kind = "phone" if min(width, height) < _PHONE else "desktop or tablet"
    return f"{width} × {height} ({kind})"


def _row(session: Any) -> SessionRow:
    decision, reason = decision_on(session)
    ended = session.finished_at
    withdrawn = session.state == Participant.State.WITHDRAWN
    return SessionRow(
        participant=session.public_id.hex[:8],
        window=device(session.screen),
        started=None if withdrawn else session.started_at,
        minutes=(ended - session.started_at).total_seconds() / 60 if ended else None,
        answered=session.answers,
        asked=len(session.trial_kinds),
        gold=_share(session.gold_right, session.gold_asked),
        attention=_share(session.attention_right, session.attention_asked),
        state=_STATES[Participant.State(session.state)],
        excluded="" if withdrawn else session.excluded,
        code=session.code if session.state == Participant.State.FINISHED else "",
        decision=decision,
        reason=reason,
    )


def _share(right: int, asked: int) -> str:
    return f"{right} of {asked}" if asked else ""
