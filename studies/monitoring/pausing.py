"""Automatic pauses: a study admits no participants while too many of its latest trials fail."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from studies.models import Cohort, Trial, TrialKind, TrialOutcome

if TYPE_CHECKING:
    from studies.models import Study

LATEST = 50
"""Number of latest trials that a threshold looks at."""
ENOUGH = 20
"""Number of trials below which no threshold pauses a study."""


@dataclass(frozen=True)
class Threshold:
    """The share of the latest trials above which a study pauses."""

    trials_counted: str
    """The kind of trials, in words: "trials" or "gold trials"."""
    event: str
    """What is counted, in words that follow the kind of trials."""
    percent: float | None
    """The present share of trials with the event; None without any trial."""
    trials: int
    """The number of trials looked at, at most LATEST."""
    limit: int
    """The study pauses above this many percent; 0: never."""

    @property
    def exceeded(self) -> bool:
        """Whether the study pauses at the present share."""
        enough = self.limit > 0 and self.trials >= ENOUGH
        return enough and self.percent is not None and self.percent > self.limit


def thresholds(study: Study) -> list[Threshold]:
    """The thresholds of a study with their present shares.

    They look at the latest trials of people, so that faults of the past, once mended, drop out.
    """
    rules = study.session_rules
    latest = Trial.objects.filter(
        participant__study=study, participant__cohort=Cohort.PEOPLE
    ).order_by("-pk")
    ended = latest.exclude(outcome=TrialOutcome.WAITING)
    outcomes = ended.values_list("outcome", flat=True)[:LATEST]
    failed = [outcome == TrialOutcome.COULD_NOT_LOAD for outcome in outcomes]
    gold = latest.filter(kind=TrialKind.GOLD, outcome=TrialOutcome.VOTED)
    answers = gold.values_list("expected", "answer__choice")[:LATEST]
    missed = [expected != choice for expected, choice in answers]
    return [
        _threshold(
            "trials", "could not load their pictures", failed, rules.pause_not_loaded_percent
        ),
        _threshold("gold trials", "were missed", missed, rules.pause_gold_missed_percent),
    ]


def pause_if_exceeded(study: Study) -> None:
    """Pause a study that exceeds a threshold. Participants who have begun continue."""
    if not study.paused_because and (reason := _reason_to_pause(study)):
        study.paused_because = reason
        study.save(update_fields=["paused_because"])


def _reason_to_pause(study: Study) -> str:
    rules = study.session_rules
    if not (rules.pause_not_loaded_percent or rules.pause_gold_missed_percent):
        return ""
    for found in thresholds(study):
        if found.exceeded:
            return f"{found.percent:.0f} % of the latest {found.trials_counted} {found.event}"
    return ""


def _threshold(trials_counted: str, event: str, happened: list[bool], limit: int) -> Threshold:
    percent = 100 * sum(happened) / len(happened) if happened else None
    return Threshold(trials_counted, event, percent, len(happened), limit)
