"""Change of the answer before the current trial, where the study allows it.

The earlier answer stays on record with the vote.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone

from studies.models import Choice, Trial, TrialKind, TrialOutcome, Vote
from studies.sessions.errors import NotFoundError, TieNotOfferedError
from studies.sessions.next_trial import find_session

if TYPE_CHECKING:
    import uuid

    from studies.models import Participant


def last_answered(participant: Participant) -> Trial | None:
    """The trial of the latest answer, with its pictures and its vote; None if there is none."""
    trials = participant.trials.filter(outcome=TrialOutcome.VOTED).order_by("-position")
    return trials.select_related("answer", "reference", "left", "right").first()


@transaction.atomic
def change_answer(
    token: str,
    trial: uuid.UUID,
    choice: str,
    client_uuid: uuid.UUID,
    response_ms: int | None = None,
    hidden_ms: int | None = None,
    screen: dict[str, Any] | None = None,
) -> Participant:
    """Replace the latest answer of a session, and keep the earlier one on record.

    Repeated deliveries change nothing, nor does an answer to any other trial, such as that of an
    outdated window.

    Raises:
        NotFoundError: there is no such session.
        TieNotOfferedError: the answer is a tie, and the study offers none.

    """
    session = find_session(token, lock=True)
    if session is None:
        raise NotFoundError("there is no such session")
    participant = session.participant
    if choice == Choice.TIE and not participant.study.ties_allowed:
        raise TieNotOfferedError("this study offers no ties")
    answered = last_answered(participant)
    open_to_change = (
        participant.study.session_rules.change_last
        and participant.state == participant.State.ACTIVE
        and answered is not None
        and not (answered.kind == TrialKind.TRAINING and answered.expected)
    )
    if answered is None or not open_to_change or answered.public_id != trial:
        return participant
    vote: Vote = answered.answer
    known = {str(vote.client_uuid), *(one["client_uuid"] for one in vote.earlier)}
    if choice == vote.choice or str(client_uuid) in known:
        return participant
    vote.earlier = [
        *vote.earlier,
        {
            "choice": vote.choice,
            "response_ms": vote.response_ms,
            "hidden_ms": vote.hidden_ms,
            "received_at": vote.received_at.isoformat(),
            "client_uuid": str(vote.client_uuid),
        },
    ]
    vote.choice, vote.client_uuid, vote.received_at = choice, client_uuid, timezone.now()
    vote.response_ms, vote.hidden_ms, vote.screen = response_ms, hidden_ms, screen or {}
    vote.save()
    return participant
