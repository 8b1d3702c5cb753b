"""Simulated participants with known true preferences, for checking analyses.

They leave the same rows as people, and every session is marked as simulated. A participant prefers
the left stimulus with probability (1 − λ) σ(u_left − u_right + b) + λ/2, with utilities u, side
bias b, and inattention λ, which grows with fatigue.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import numpy as np
from django.db import transaction
from django.db.models import OuterRef, Subquery
from django.utils import timezone
from pydantic import Field

from common.errors import InputError
from studies.design import DESIGNS
from studies.models import (
    Assignment,
    Choice,
    Cohort,
    Participant,
    Study,
    Trial,
    TrialKind,
    TrialOutcome,
    Vote,
)
from studies.models.participant import ABSENT_AFTER
from studies.planning.adaptive import plan_round
from studies.planning.allocation import ensure_assignments
from studies.rules.declaration import Declaration
from studies.sessions.history import side_due
from studies.sessions.trial_content import TrialContent, build_trial


def _share() -> Any:
    return Field(0.0, ge=0, le=1, json_schema_extra={"use": "a share, 0 … 1"})


class Behaviour(Declaration):
    """Deviations of simulated participants from their utilities."""

    noun: ClassVar[str] = "behaviour"

    side_bias: float = Field(default=0.0, json_schema_extra={"use": "a number"})
    """Added to the left utility; positive values favour the left side."""
    inattention: float = _share()
    """Share of trials answered at random, 0 … 1."""
    fatigue: float = _share()
    """Share of attention lost by the end of a session, 0 … 1; attention falls linearly."""
    dropout: float = _share()
    """Share of participants who leave early, 0 … 1, each after a random number of answers."""
    median_ms: float = Field(default=2500.0, gt=0, json_schema_extra={"use": "a number above 0"})
    """Median response time in milliseconds; times are log-normal."""

    def prefers_left(self, left: float, right: float, progress: float = 0.0) -> float:
        """The probability of choosing the left stimulus.

        Args:
            left: utility of the left stimulus.
            right: utility of the right stimulus.
            progress: the part of the session that is over, 0 … 1.

        """
        attentive = 1 / (1 + np.exp(-(left - right + self.side_bias)))
        attention = (1 - self.inattention) * (1 - self.fatigue * progress)
        return float(attention * attentive + (1 - attention) / 2)

    def answers_before_leaving(self, trials: int, generator: np.random.Generator) -> int | None:
        """The number of answers after which a participant leaves; None for a complete session."""
        leaves = self.dropout > 0 and generator.random() < self.dropout
        return int(generator.integers(trials)) if leaves else None

    def response_ms(self, generator: np.random.Generator) -> int:
        """A random response time in milliseconds."""
        return int(generator.lognormal(np.log(self.median_ms), 0.4))


def simulate(
    study: Study,
    utilities: Mapping[str, float],
    participants: int,
    trials: int,
    seed: int,
    behaviour: Behaviour | None = None,
    on_participant: Callable[[int, int], None] | None = None,
    *,
    rounds: bool = False,
) -> int:
    """Store sessions of simulated participants in an open study.

    Args:
        study: an open study. Its places and assignments for people are not used.
        utilities: the true utility of every stimulus of the study, by `public_id.hex`; higher is
            better. The scale is that of the logistic model.
        participants: their number, at least 1.
        trials: the number of trials of each, at least 1.
        seed: seed of all random numbers.
        behaviour: deviations from the utilities.
        on_participant: called with (participants done, participants) after each.
        rounds: choose the next pairs by the votes after each participant, as a worker does for
            people; for adaptive designs.

    Returns:
        The number of votes.

    Raises:
        InputError: the study is not open, a stimulus has no utility, a participant would have to
            see a pair twice, or the design is not adaptive and `rounds` is set.

    """
    _check_possible(study, utilities, participants, trials)
    if rounds and not DESIGNS[study.design].follows_votes:
        raise InputError(f"the design '{study.design}' is not adaptive: leave out --rounds")
    behaviour = behaviour or Behaviour()
    own = study.assignments.filter(cohort=Cohort.SIMULATED)
    ensure_assignments(study, Cohort.SIMULATED, own.taken().count() + participants * trials)
    free = _free_assignments(study)
    votes = 0
    generators = np.random.default_rng(seed).spawn(participants)
    for number, generator in enumerate(generators, start=1):
        participant = Participant(
            study=study,
            cohort=Cohort.SIMULATED,
            source="simulation",
            rules_version=study.rules_in_force,
            trial_kinds=[TrialKind.REAL] * trials,
            state=Participant.State.FINISHED,
            finished_at=timezone.now(),
        )
        stay = behaviour.answers_before_leaving(trials, generator)
        if stay is not None:
            participant.state, participant.finished_at = Participant.State.ACTIVE, None
            participant.last_seen -= 2 * ABSENT_AFTER
        taken: list[Assignment] = []
        while not _take(free, taken, trials if stay is None else stay):
            # The participant has seen every pair that is left: continue the plan.
            count = own.count() + 2 * study.pairs.count()
            ensure_assignments(study, Cohort.SIMULATED, count)
            free = [found for found in _free_assignments(study) if found not in taken]
        _store(participant, taken, utilities, behaviour, generator)
        votes += len(taken)
        if rounds:
            plan_round(study, Cohort.SIMULATED)
            free = _free_assignments(study)
        if on_participant is not None:
            on_participant(number, participants)
    return votes


def _free_assignments(study: Study) -> list[Assignment]:
    assignments = study.assignments.filter(cohort=Cohort.SIMULATED)
    return list(assignments.free().with_pictures().order_by("rank"))


def _take(free: list[Assignment], taken: list[Assignment], trials: int) -> bool:
    """Move assignments from `free` to `taken` in the order of studies.sessions.next_trial.

    Returns:
        Whether `taken` has as many as there are trials.

    """
    while len(taken) < trials:
        due = side_due(assignment.first_left for assignment in taken)
        seen = {assignment.pair_id for assignment in taken}
        suits = (a for a in free if a.pair_id not in seen and due in (None, a.first_left))
        found = next(suits, None)
        if found is None:
            return False
        free.remove(found)
        taken.append(found)
    return True


@transaction.atomic
def _store(
    participant: Participant,
    assignments: list[Assignment],
    utilities: Mapping[str, float],
    behaviour: Behaviour,
    generator: np.random.Generator,
) -> None:
    """Store a session in a few statements, so that thousands of votes take seconds."""
    participant.save()
    trials = []
    for position, assignment in enumerate(assignments, start=1):
        trial = build_trial(participant, TrialContent.of_assignment(assignment), position)
        trial.outcome = TrialOutcome.VOTED
        trials.append(trial)
    Trial.objects.bulk_create(trials)
    # No participant sees a pair twice, so the pair identifies the trial of a session.
    holder = Trial.objects.filter(participant=participant, pair=OuterRef("pair"))
    taken = Assignment.objects.filter(pk__in=[assignment.pk for assignment in assignments])
    taken.update(trial=Subquery(holder.values("pk")[:1]))
    length = len(participant.trial_kinds)
    Vote.objects.bulk_create(
        _answer(trial, utilities, behaviour, generator, trial.position / length) for trial in trials
    )


def _answer(
    trial: Trial,
    utilities: Mapping[str, float],
    behaviour: Behaviour,
    generator: np.random.Generator,
    progress: float,
) -> Vote:
    assert trial.left and trial.right
    left, right = (utilities[stimulus.public_id.hex] for stimulus in (trial.left, trial.right))
    prefers_left = generator.random() < behaviour.prefers_left(left, right, progress)
    return Vote(
        trial=trial,
        choice=Choice.LEFT if prefers_left else Choice.RIGHT,
        client_uuid=uuid.UUID(bytes=generator.bytes(16), version=4),
        response_ms=behaviour.response_ms(generator),
    )


def _check_possible(
    study: Study, utilities: Mapping[str, float], participants: int, trials: int
) -> None:
    if participants < 1 or trials < 1:
        raise InputError("there is nothing to simulate: ask for at least 1 participant and 1 trial")
    if study.state != Study.State.OPEN:
        raise InputError(f"study '{study}' is not open: manage.py study open '{study}'")
    if trials > (pairs := study.pairs.count()):
        raise InputError(
            f"study '{study}' has {pairs} different pairs, and nobody sees a pair twice: "
            f"use --trials {pairs} or fewer"
        )
    for (stimulus,) in study.stimuli.values_list("public_id"):
        if not np.isfinite(utilities.get(stimulus.hex, np.nan)):
            raise InputError(
                f"stimulus {stimulus.hex} of study '{study}' has no true score: measure it first"
            )
