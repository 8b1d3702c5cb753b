"""Simulated participants whose true preferences are known, so that analyses can be checked.

They leave the same rows as people do, and every one of their sessions says that it is simulated.
A participant prefers the left stimulus with probability
(1 − λ) σ(u_left − u_right + b) + λ/2, with utilities u, side bias b and inattention λ, which grows
where they tire.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from django.db import transaction
from django.db.models import OuterRef, Subquery
from django.utils import timezone

from common.errors import InputError
from studies.design import DESIGNS
from studies.design.sides import side_due
from studies.models import Choice, Cohort, Outcome, Participant, Slot, Study, Trial, TrialKind, Vote
from studies.models.participant import AWAY
from studies.planning.adaptive import plan_round
from studies.sessions.trial_content import Showing


@dataclass(frozen=True)
class Behaviour:
    """How simulated participants differ from their utilities."""

    side_bias: float = 0.0
    """Added to the left utility; positive: they favour the left side."""
    inattention: float = 0.0
    """The share of trials answered without looking, 0 … 1."""
    fatigue: float = 0.0
    """The share of attention that is gone at the end of a session, 0 … 1; it goes evenly."""
    dropout: float = 0.0
    """The share of participants who leave in mid-study, 0 … 1, each after any number of answers."""
    median_ms: float = 2500.0
    """Median response time; times are log-normal."""

    def __post_init__(self) -> None:
        for name in ("inattention", "fatigue", "dropout"):
            if not 0 <= (value := getattr(self, name)) <= 1:
                raise InputError(f"{name} {value} is no share: use 0 … 1")

    def prefers_left(self, left: float, right: float, tired: float = 0.0) -> float:
        """The probability of choosing the left stimulus, given both utilities.

        `tired` is how much of the session is over, 0 … 1.
        """
        attentive = 1 / (1 + np.exp(-(left - right + self.side_bias)))
        looks = (1 - self.inattention) * (1 - self.fatigue * tired)
        return float(looks * attentive + (1 - looks) / 2)

    def stay(self, trials: int, generator: np.random.Generator) -> int | None:
        """After how many answers of a session they leave; None: they stay to the end."""
        leaves = self.dropout > 0 and generator.random() < self.dropout
        return int(generator.integers(trials)) if leaves else None

    def response_ms(self, generator: np.random.Generator) -> int:
        """A response time in milliseconds."""
        return int(generator.lognormal(np.log(self.median_ms), 0.4))


def simulate(
    study: Study,
    utilities: Mapping[str, float],
    participants: int,
    trials: int,
    seed: int,
    behaviour: Behaviour | None = None,
    progress: Callable[[int, int], None] | None = None,
    *,
    rounds: bool = False,
) -> int:
    """Let simulated participants take part in an open study.

    Args:
        study: an open study. Its places and slots for people are not touched.
        utilities: the true utility of every stimulus of the study, by `public_id.hex`; higher is
            better. The scale is that of the logistic model.
        participants: how many take part.
        trials: how many trials each of them answers.
        seed: decides every choice.
        behaviour: what else decides them.
        progress: called with (participants done, participants) after each.
        rounds: choose the next pairs by the votes after each participant, as a worker does for
            people; for designs that follow votes.

    Returns:
        The number of votes.

    Raises:
        InputError: the study is not open, a stimulus has no utility, a participant would have to
            see a pair twice, or there are no rounds in its design.

    """
    _check(study, utilities, participants, trials)
    if rounds and not DESIGNS[study.design].follows_votes:
        raise InputError(f"the design '{study.design}' does not follow votes: leave out --rounds")
    behaviour = behaviour or Behaviour()
    wanted = study.slots_taken(Cohort.SIMULATED) + participants * trials
    study.want_votes(Cohort.SIMULATED, wanted)
    free = _free_slots(study)
    votes = 0
    generators = np.random.default_rng(seed).spawn(participants)
    for number, generator in enumerate(generators, start=1):
        participant = Participant(
            study=study,
            cohort=Cohort.SIMULATED,
            source="simulation",
            rules_version=study.rules_in_force,
            plan=[TrialKind.REAL] * trials,
            state=Participant.State.FINISHED,
            finished_at=timezone.now(),
        )
        stay = behaviour.stay(trials, generator)
        if stay is not None:
            participant.state, participant.finished_at = Participant.State.ACTIVE, None
            participant.last_seen -= 2 * AWAY
        taken: list[Slot] = []
        while not _take_slots(free, taken, trials if stay is None else stay):
            # The last ones may have seen every pair that is left: want some votes more.
            study.want_votes(
                Cohort.SIMULATED,
                study.slots.filter(cohort=Cohort.SIMULATED).count() + 2 * study.pairs.count(),
            )
            free = [slot for slot in _free_slots(study) if slot not in taken]
        _store(participant, taken, utilities, behaviour, generator)
        votes += len(taken)
        if rounds:
            plan_round(study, Cohort.SIMULATED)
            free = _free_slots(study)
        if progress is not None:
            progress(number, participants)
    return votes


def _free_slots(study: Study) -> list[Slot]:
    slots = study.slots.filter(cohort=Cohort.SIMULATED)
    return list(slots.free().with_pictures().order_by("rank"))


def _take_slots(free: list[Slot], taken: list[Slot], trials: int) -> bool:
    """Fill `taken` as `Participant.current_trial` does; False where free slots did not suffice."""
    while len(taken) < trials:
        due = side_due(slot.first_left for slot in taken)
        seen = {slot.pair_id for slot in taken}
        suits = (s for s in free if s.pair_id not in seen and due in (None, s.first_left))
        slot = next(suits, None)
        if slot is None:
            return False
        free.remove(slot)
        taken.append(slot)
    return True


@transaction.atomic
def _store(
    participant: Participant,
    slots: list[Slot],
    utilities: Mapping[str, float],
    behaviour: Behaviour,
    generator: np.random.Generator,
) -> None:
    """Store a whole session in a few statements: thousands of votes take seconds."""
    participant.save()
    trials = []
    for position, slot in enumerate(slots, start=1):
        trial = Trial.prepare(participant, Showing.of_slot(slot), position)
        trial.outcome = Outcome.VOTED
        trials.append(trial)
    Trial.objects.bulk_create(trials)
    # Nobody sees a pair twice, so a session's trial is known by its pair.
    holder = Trial.objects.filter(participant=participant, pair=OuterRef("pair"))
    taken = Slot.objects.filter(pk__in=[slot.pk for slot in slots])
    taken.update(trial=Subquery(holder.values("pk")[:1]))
    length = len(participant.plan)
    Vote.objects.bulk_create(
        _answer(trial, utilities, behaviour, generator, trial.position / length) for trial in trials
    )


def _answer(
    trial: Trial,
    utilities: Mapping[str, float],
    behaviour: Behaviour,
    generator: np.random.Generator,
    tired: float,
) -> Vote:
    assert trial.left and trial.right
    left, right = (utilities[stimulus.public_id.hex] for stimulus in (trial.left, trial.right))
    prefers_left = generator.random() < behaviour.prefers_left(left, right, tired)
    return Vote(
        trial=trial,
        choice=Choice.LEFT if prefers_left else Choice.RIGHT,
        client_uuid=uuid.UUID(bytes=generator.bytes(16), version=4),
        response_ms=behaviour.response_ms(generator),
    )


def _check(study: Study, utilities: Mapping[str, float], participants: int, trials: int) -> None:
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
