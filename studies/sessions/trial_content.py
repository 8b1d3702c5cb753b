"""What a trial shows: real pairs from slots, and the control trials beside them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from django.db.models import Q

from studies.models.assignments import Pair, Slot
from studies.models.choices import Choice, Outcome, TrialKind
from studies.rules.questions import TRAPS

if TYPE_CHECKING:
    from collections.abc import Collection

    from studies.models.participant import Participant
    from studies.models.trial import Trial
    from transfer.models import Picture, Stimulus


@dataclass(frozen=True)
class Showing:
    """A reference and two stimuli, and what is known about them."""

    kind: str
    reference: Picture
    left: Stimulus
    right: Stimulus
    pair: Pair | None = None
    first_left: bool | None = None
    expected: str = ""
    question: str = ""
    """Another question than the study's, for traps."""
    repeat_of: Trial | None = None
    rule: str = ""
    """The selection rule that chose the pair; nothing for control trials."""

    @classmethod
    def of_pair(cls, kind: str, pair: Pair, first_left: bool, **known: object) -> Showing:
        """A pair with a side for its first stimulus."""
        left, right = (pair.first, pair.second) if first_left else (pair.second, pair.first)
        return cls(kind, pair.reference, left, right, pair, first_left, **known)  # type: ignore[arg-type]

    @classmethod
    def of_slot(cls, slot: Slot) -> Showing:
        """What a slot wants to know."""
        return cls.of_pair(TrialKind.REAL, slot.pair, slot.first_left, rule=slot.rule)


def control(
    participant: Participant, kind: str, position: int, seen: Collection[int]
) -> Showing | None:
    """A control trial for a position; None where there is nothing to make it from.

    It is the same whenever it is asked for: participant and position decide it.
    """
    generator = np.random.default_rng([participant.public_id.int, position])
    if kind == TrialKind.REPEAT:
        return _repeat(participant, position)
    pairs = participant.study.pairs.select_related("reference", "first", "second").order_by("pk")
    if kind == TrialKind.TRAINING:
        pairs = pairs.exclude(pk__in=seen)
    if not (count := pairs.count()):
        return None
    pair = pairs[int(generator.integers(count))]
    on_left = bool(generator.integers(2))
    if kind == TrialKind.TRAINING:
        return Showing.of_pair(kind, pair, on_left)
    right_answer = Choice.LEFT if on_left else Choice.RIGHT
    if kind == TrialKind.TRAP:
        text = TRAPS[right_answer]
        return Showing(
            kind, pair.reference, pair.first, pair.second, expected=right_answer, question=text
        )
    fits, strange = pair.first, _stranger(pair, participant, generator)
    left, right = (fits, strange) if on_left else (strange, fits)
    return Showing(kind, pair.reference, left, right, expected=right_answer)


def _stranger(pair: Pair, participant: Participant, generator: np.random.Generator) -> Stimulus:
    """A stimulus that has nothing of the pair's reference in it."""
    study = participant.study
    if study.kind == study.Kind.COHERENCE:
        foreign = study.stimuli.exclude(content=pair.reference)
    else:
        foreign = study.stimuli.exclude(Q(styles=pair.reference))
    foreign = foreign.order_by("pk")
    return foreign[int(generator.integers(foreign.count()))]


def _repeat(participant: Participant, position: int) -> Showing | None:
    """The earliest real trial that is far enough back and was not repeated, sides swapped."""
    from studies.design.session import REPEAT_GAP

    trials = participant.trials.filter(kind=TrialKind.REAL, outcome=Outcome.VOTED, repeat=None)
    earlier = trials.filter(position__lte=position - REPEAT_GAP).order_by("position")
    first = earlier.select_related("pair", "reference", "left", "right").first()
    if first is None or first.first_left is None:
        return None
    assert first.reference and first.left and first.right
    return Showing(
        TrialKind.REPEAT,
        first.reference,
        left=first.right,
        right=first.left,
        pair=first.pair,
        first_left=not first.first_left,
        repeat_of=first,
    )
