"""The outline of a study's plan: its numbers, computed from the plan itself, and its objections."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from studies.planning.allocation import items_among, items_of, planned_votes, study_blocks
from studies.planning.feasibility import objections
from studies.planning.remedies import with_remedies

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from studies.models import Study
    from studies.planning.feasibility import Objection
    from transfer.models import Stimulus

MOST_VOTES = 20_000
"""Votes of a plan that a page computes. Larger plans are checked when the study opens."""


@dataclass(frozen=True)
class Outline:
    """What participants of a study will do, and what speaks against its plan."""

    pairs: int
    """Number of different pairs that the plan asks about."""
    trials: int
    """Real trials of one participant."""
    training: int
    """Training trials of one participant."""
    other_controls: int
    """Gold trials, attention checks and repeats of one participant."""
    votes: tuple[int, int]
    """Least and largest number of votes on a pair."""
    people: int
    minutes: int
    """Estimated duration of a session."""
    objections: tuple[Objection, ...]
    """Why the study cannot open; empty if it can."""

    def __str__(self) -> str:
        trials = " + ".join(
            [str(self.trials)]
            + [f"{self.training} training"] * bool(self.training)
            + [f"{self.other_controls} control"] * bool(self.other_controls)
        )
        least, most = self.votes
        return " · ".join(
            [
                _counted(self.pairs, "pair"),
                f"{trials} trial{'' if trials == '1' else 's'}",
                f"{_counted(least, 'vote') if least == most else f'{least}–{most} votes'} each",
                "1 person" if self.people == 1 else f"{self.people} people",
                f"~{self.minutes} min",
            ]
        )


def outline(study: Study, stimuli: QuerySet[Stimulus] | None = None) -> Outline | None:
    """The outline of a study's plan; None if the plan is too large for a page.

    Args:
        study: stored, unless `stimuli` are given.
        stimuli: those that the study would have if it opened now.

    """
    if study.votes_wanted > MOST_VOTES:
        return None
    items = items_of(study) if stimuli is None else items_among(stimuli, study.kind)
    planned = planned_votes(study, study_blocks(study, items))
    votes = Counter(wanted.pair for wanted in planned).values()
    rules = study.session_rules
    found = objections(study, items, planned)
    return Outline(
        pairs=len(votes),
        trials=study.trials_per_participant,
        training=rules.training,
        other_controls=rules.controls - rules.training,
        votes=(min(votes, default=0), max(votes, default=0)),
        people=study.participant_target,
        minutes=study.minutes,
        objections=tuple(with_remedies(study, items, found)),
    )


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
