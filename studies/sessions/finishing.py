"""End of a session: completion, the exclusions that the rules declare, and released assignments."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING

from django.db.models import F
from django.utils import timezone

from studies.models import TrialKind, TrialOutcome
from studies.rules.session_rules import SessionRecord, exclusion

if TYPE_CHECKING:
    from studies.models import Participant


def finish(participant: Participant) -> None:
    """End a session, and exclude its votes if it fails a rule of the study."""
    participant.state, participant.finished_at = participant.State.FINISHED, timezone.now()
    if reason := exclusion(participant.study.session_rules, _record(participant)):
        exclude(participant, reason)
    participant.save(update_fields=["state", "finished_at", "excluded"])


def finish_if_complete(participant: Participant) -> None:
    """End a session when its last trial is answered, without waiting for the next page request."""
    answered = participant.trials.filter(outcome=TrialOutcome.VOTED).count()
    if participant.state == participant.State.ACTIVE and answered >= len(participant.trial_kinds):
        finish(participant)


def exclude(participant: Participant, reason: str) -> None:
    """Exclude a session's votes, and release its assignments. The caller saves the participant."""
    participant.excluded = reason
    release_assignments(participant)


def release_assignments(participant: Participant) -> None:
    """Make the assignments of a session free for other participants."""
    participant.study.assignments.filter(trial__participant=participant).update(trial=None)


def _record(participant: Participant) -> SessionRecord:
    answers = participant.trials.filter(outcome=TrialOutcome.VOTED)
    times = answers.values_list("answer__response_ms", flat=True)
    known = [time for time in times if time is not None]
    wrong = answers.exclude(expected="").exclude(answer__choice=F("expected"))
    kinds = list(wrong.values_list("kind", flat=True))
    return SessionRecord(
        gold_wrong=kinds.count(TrialKind.GOLD),
        attention_checks_wrong=kinds.count(TrialKind.ATTENTION_CHECK),
        median_ms=median(known) if known else None,
    )
