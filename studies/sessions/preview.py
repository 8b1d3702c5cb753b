"""A session of a study as a participant would see it, of which nothing is stored.

The study may be a draft: its trials come from the plan that it would have if it opened now. Study
and number of answers determine every trial, so each page and each picture is made anew.
"""

from __future__ import annotations

import uuid
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np

from common.errors import InputError
from studies.design.session import REPEAT_GAP, trial_kinds
from studies.models import Cohort, Pair, Participant, TrialKind
from studies.planning.allocation import items_of, plan_of, study_blocks
from studies.sessions.trial_content import (
    TrialContent,
    build_trial,
    control_of_pair,
    example_trial,
)
from transfer.models import Picture, Stimulus

if TYPE_CHECKING:
    from studies.design import PlannedVote
    from studies.models import Study, Trial

_SPACE = uuid.UUID("5a2e6c0e-6f3c-4d0b-9d2c-8f1f5d0c7a11")


class PreviewSession:
    """A session that nobody takes.

    Raises:
        InputError: the study has nothing to compare.

    """

    def __init__(self, study: Study, language: str = "") -> None:
        self.study = study
        items = items_of(study)
        self._references = {item.key: item.reference for item in items}
        blocks = study_blocks(study, items)
        self._planned = list(islice(plan_of(study, blocks), study.trials_per_participant))
        if not self._planned:
            raise InputError("there is nothing to show yet: no two stimuli form a pair")
        rules = study.session_rules
        self.participant = Participant(
            study=study,
            cohort=Cohort.PILOT,
            language=language,
            public_id=uuid.uuid5(_SPACE, str(study.pk)),
            state=Participant.State.ACTIVE,
            trial_kinds=trial_kinds(
                study.trials_per_participant,
                training=rules.training,
                gold=rules.gold,
                attention_checks=rules.attention_checks,
                repeats=rules.repeats,
                generator=np.random.default_rng(study.pk),
            ),
        )

    @property
    def total(self) -> int:
        """The number of trials."""
        return len(self.participant.trial_kinds)

    def trial(self, answered: int) -> Trial | None:
        """The trial after a number of answers, not stored; None at the end of the session."""
        if not 0 <= answered < self.total:
            return None
        position = answered + 1
        content = self._content(answered)
        trial = build_trial(self.participant, content, position)
        trial.public_id = uuid.uuid5(self.participant.public_id, str(position))
        return trial

    def example(self) -> Trial:
        """The example of the instructions, not stored."""
        generator = np.random.default_rng([self.participant.public_id.int, 0])
        planned = self._planned[int(generator.integers(len(self._planned)))]
        return example_trial(self.participant, self._pair(planned), generator)

    def break_is_due(self, answered: int) -> bool:
        """Whether a break comes after a number of answers."""
        every = self.study.session_rules.break_every
        return bool(every and answered and answered % every == 0 and answered < self.total)

    def _content(self, answered: int) -> TrialContent:
        kinds = self.participant.trial_kinds
        kind = kinds[answered]
        if kind == TrialKind.REAL:
            return self._real(kinds[:answered].count(TrialKind.REAL), kind)
        if kind == TrialKind.REPEAT:
            return self._repeat(answered)
        generator = np.random.default_rng([self.participant.public_id.int, answered + 1])
        planned = self._planned[int(generator.integers(len(self._planned)))]
        return control_of_pair(self.study, kind, self._pair(planned), generator)

    def _real(self, number: int, kind: str, *, swapped: bool = False) -> TrialContent:
        planned = self._planned[number % len(self._planned)]
        side = planned.lower_on_left is not swapped
        return TrialContent.of_pair(kind, self._pair(planned), side)

    def _repeat(self, answered: int) -> TrialContent:
        """The pair of an earlier real trial with its sides swapped."""
        kinds = self.participant.trial_kinds
        earlier = kinds[: max(1, answered + 1 - REPEAT_GAP)]
        number = min(kinds[:answered].count(TrialKind.REPEAT), earlier.count(TrialKind.REAL) - 1)
        return self._real(max(0, number), TrialKind.REPEAT, swapped=True)

    def _pair(self, planned: PlannedVote) -> Pair:
        one, two = planned.pair
        stimuli = Stimulus.objects.in_bulk([one, two])
        reference = Picture.objects.get(pk=self._references[one])
        return Pair(study=self.study, reference=reference, first=stimuli[one], second=stimuli[two])
