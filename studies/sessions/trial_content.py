"""What a trial shows: the pair of an assignment or a control trial, its snapshot and addresses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from django.conf import settings
from django.core import signing
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, override

from studies.design import DESIGNS
from studies.design.session import REPEAT_GAP
from studies.models import Choice, Participant, Trial, TrialKind, TrialOutcome
from studies.models.trial import LEASE
from studies.planning.allocation import stimuli_of
from studies.rules.questions import ATTENTION_CHECKS

if TYPE_CHECKING:
    import uuid
    from collections.abc import Collection

    from django.db.models import QuerySet

    from studies.models import Assignment, Pair, Study
    from transfer.models import Picture, Stimulus

_SIGNER = signing.Signer(salt="studies.picture")
_EXAMPLE = "example "


@dataclass(frozen=True)
class TrialContent:
    """A reference, two stimuli, and what is known about them."""

    kind: str
    reference: Picture
    left: Stimulus
    right: Stimulus
    pair: Pair | None = None
    first_left: bool | None = None
    expected: str = ""
    question: str = ""
    """The question of an attention check; empty: that of the study."""
    repeat_of: Trial | None = None
    rule: str = ""
    """The selection rule that chose the pair; empty for control trials."""

    @classmethod
    def of_pair(cls, kind: str, pair: Pair, first_left: bool, **further: object) -> TrialContent:
        """A pair, with the side of its first stimulus."""
        left, right = (pair.first, pair.second) if first_left else (pair.second, pair.first)
        return cls(kind, pair.reference, left, right, pair, first_left, **further)  # type: ignore[arg-type]

    @classmethod
    def of_assignment(cls, assignment: Assignment) -> TrialContent:
        """The pair that an assignment asks about."""
        return cls.of_pair(
            TrialKind.REAL, assignment.pair, assignment.first_left, rule=assignment.rule
        )


def build_trial(participant: Participant, content: TrialContent, position: int) -> Trial:
    """A trial, not yet saved, with a snapshot of everything that it shows."""
    return Trial(
        participant=participant,
        position=position,
        kind=content.kind,
        pair=content.pair,
        first_left=content.first_left,
        reference=content.reference,
        left=content.left,
        right=content.right,
        expected=content.expected,
        repeat_of=content.repeat_of,
        snapshot=_snapshot(participant, content),
        lease_until=timezone.now() + LEASE,
    )


def _snapshot(participant: Participant, content: TrialContent) -> dict[str, Any]:
    study, language = participant.study, participant.language or settings.LANGUAGE_CODE
    reference, left, right = content.reference, content.left, content.right
    rule = content.rule or study.design
    with override(language):
        question = gettext(content.question or study.question.text)
    return {
        "reference": {"role": reference.role, "sha256": reference.sha256},
        "left": {"stimulus": left.public_id.hex, "sha256": left.sha256},
        "right": {"stimulus": right.public_id.hex, "sha256": right.sha256},
        "question": {
            "version": study.question_version,
            "language": language,
            "text": question,
        },
        "rule": {
            "name": rule,
            "version": DESIGNS[rule].version,
            "scope": study.scope,
        },
    }


def picture_url(trial: Trial, place: str) -> str:
    """The address of a trial's picture. It holds for this trial and reveals nothing about it."""
    return address_of(trial.public_id, place)


def address_of(trial: uuid.UUID, place: str) -> str:
    """The address of a picture, by the id of its trial, which need not exist yet."""
    return reverse("studies:picture", args=[_SIGNER.sign_object([trial.hex, place])])


def trial_of_picture(key: str) -> tuple[Trial, str]:
    """The trial and the place of an address that `picture_url` or `example_url` made.

    Raises:
        signing.BadSignature: the signature is wrong.
        Trial.DoesNotExist: the trial was deleted.

    """
    public_id, place = _SIGNER.unsign_object(key)
    if place.startswith(_EXAMPLE):
        people = Participant.objects.select_related("study").filter(public_id=public_id)
        participant = people.first()
        trial = example_of(participant) if participant else None
        if trial is None:
            raise Trial.DoesNotExist
        return trial, place.removeprefix(_EXAMPLE)
    found = (
        Trial.objects.select_related("reference", "left", "right")
        .filter(public_id=public_id)
        .first()
    )
    return found or _foreseen_trial(public_id), place


def _foreseen_trial(public_id: str) -> Trial:
    """The trial that a participant will have next, not stored (studies.sessions.ahead).

    Raises:
        Trial.DoesNotExist: nobody's next trial has that id.

    """
    participant = Participant.objects.select_related("study").filter(ahead_trial=public_id).first()
    if participant is None or participant.ahead_assignment is None:
        raise Trial.DoesNotExist
    assignments = participant.study.assignments.with_pictures()
    assignment = assignments.filter(pk=participant.ahead_assignment).first()
    if assignment is None:
        raise Trial.DoesNotExist
    return build_trial(participant, TrialContent.of_assignment(assignment), position=0)


def example_of(participant: Participant) -> Trial | None:
    """The example of the instructions: a trial that is never asked and not stored.

    As in practice, one of its pictures belongs to another reference; in a study with one reference
    only, the two are any pair and `expected` is empty. None if the study has no pair.
    """
    study = participant.study
    pairs = study.pairs.select_related("reference", "first", "second").order_by("pk")
    if not (count := pairs.count()):
        return None
    generator = np.random.default_rng([participant.public_id.int, 0])
    return example_trial(participant, pairs[int(generator.integers(count))], generator)


def example_trial(participant: Participant, pair: Pair, generator: np.random.Generator) -> Trial:
    """An example with the first stimulus of a pair on its reference, not stored."""
    content = TrialContent.of_pair(TrialKind.TRAINING, pair, True)
    foil = _counterpart(pair, participant.study, generator)
    if foil is not None:
        content = TrialContent(
            TrialKind.TRAINING, pair.reference, pair.first, foil, expected=Choice.LEFT
        )
    return build_trial(participant, content, position=0)


def example_url(participant: Participant, place: str) -> str:
    """The address of a picture of a participant's example."""
    key = _SIGNER.sign_object([participant.public_id.hex, f"{_EXAMPLE}{place}"])
    return reverse("studies:picture", args=[key])


def control_content(
    participant: Participant, kind: str, position: int, seen: Collection[int]
) -> TrialContent | None:
    """The content of a control trial; None if the study has nothing to make it from.

    Participant and position determine it, so repeated calls return the same content.

    Args:
        participant: whose session it is.
        kind: training, gold, attention check or repeat.
        position: the position of the trial.
        seen: pairs shown so far, which training trials leave out.

    """
    generator = np.random.default_rng([participant.public_id.int, position])
    if kind == TrialKind.REPEAT:
        return _repeat(participant, position)
    pairs = participant.study.pairs.select_related("reference", "first", "second").order_by("pk")
    if kind == TrialKind.TRAINING and not participant.study.session_rules.feedback:
        pairs = pairs.exclude(pk__in=seen)
        spare = pairs.exclude(pk__in=_ahead(participant, seen))
        pairs = spare if spare.exists() else pairs
    if not (count := pairs.count()):
        return None
    pair = pairs[int(generator.integers(count))]
    return control_of_pair(participant.study, kind, pair, generator)


def _ahead(participant: Participant, seen: Collection[int]) -> list[int]:
    """The pairs that a session of only free assignments would show.

    Nobody sees a pair twice: a training trial on one of them could cost the study a vote, where the
    participants to come need every pair that is left.
    """
    study = participant.study
    free = study.assignments.filter(cohort=participant.cohort).free().unseen(seen)
    return list(free.values_list("pair_id", flat=True)[: study.trials_per_participant])


def control_of_pair(
    study: Study, kind: str, pair: Pair, generator: np.random.Generator
) -> TrialContent:
    """The content of a training trial, a gold trial or an attention check on a pair."""
    on_left = bool(generator.integers(2))
    right_answer = Choice.LEFT if on_left else Choice.RIGHT
    if kind == TrialKind.TRAINING:
        foil = _counterpart(pair, study, generator) if study.session_rules.feedback else None
        if foil is None:
            return TrialContent.of_pair(kind, pair, on_left)
        left, right = (pair.first, foil) if on_left else (foil, pair.first)
        return TrialContent(kind, pair.reference, left, right, expected=right_answer)
    if kind == TrialKind.ATTENTION_CHECK:
        text = ATTENTION_CHECKS[right_answer]
        return TrialContent(
            kind, pair.reference, pair.first, pair.second, expected=right_answer, question=text
        )
    genuine, foil = pair.first, _foil(pair, study, generator)
    left, right = (genuine, foil) if on_left else (foil, genuine)
    return TrialContent(kind, pair.reference, left, right, expected=right_answer)


def _foil(pair: Pair, study: Study, generator: np.random.Generator) -> Stimulus:
    """A stimulus of another reference."""
    foreign = _foreign(pair, study)
    return foreign[int(generator.integers(foreign.count()))]


def _foreign(pair: Pair, study: Study) -> QuerySet[Stimulus]:
    """The stimuli of other references."""
    if study.kind == study.Kind.COHERENCE:
        return stimuli_of(study).exclude(content=pair.reference).order_by("pk")
    return stimuli_of(study).exclude(Q(styles=pair.reference)).order_by("pk")


def _counterpart(pair: Pair, study: Study, generator: np.random.Generator) -> Stimulus | None:
    """A stimulus that differs from the pair's first one in its reference, if possible in no more.

    So of the two the first one is the right answer by construction: only it was made from the
    reference. None if the study has one reference only.
    """
    one, foreign = pair.first, _foreign(pair, study)
    alike = foreign.filter(method=one.method)
    if study.kind == study.Kind.COHERENCE:
        closest = alike.filter(styles__in=one.styles.all())
    else:
        closest = alike.filter(content=one.content_id)
    for found in (closest.distinct(), alike, foreign):
        if count := found.count():
            return found[int(generator.integers(count))]
    return None


def _repeat(participant: Participant, position: int) -> TrialContent | None:
    """The earliest real trial at least REPEAT_GAP back and not yet repeated, sides swapped."""
    trials = participant.trials.filter(kind=TrialKind.REAL, outcome=TrialOutcome.VOTED, repeat=None)
    earlier = trials.filter(position__lte=position - REPEAT_GAP).order_by("position")
    first = earlier.select_related("pair", "reference", "left", "right").first()
    if first is None or first.first_left is None:
        return None
    assert first.reference and first.left and first.right
    return TrialContent(
        TrialKind.REPEAT,
        first.reference,
        left=first.right,
        right=first.left,
        pair=first.pair,
        first_left=not first.first_left,
        repeat_of=first,
    )
