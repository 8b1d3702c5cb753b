"""Summary of a study's data: votes, dropout, attention and agreement, counted on each request."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Any, TypeVar

from django.db.models import Count, Q

from studies.models import Choice, Cohort, Participant, Trial, TrialKind, TrialOutcome
from studies.monitoring.agreement import krippendorff_alpha, share_with_interval

if TYPE_CHECKING:
    from studies.models import Study

Share = tuple[float, float, float] | None
"""A share with its 95 % interval."""
_Counted = TypeVar("_Counted", int, str)


@dataclass(frozen=True)
class Summary:
    """The figures of the monitor page, for one cohort. Shares lie between 0 and 1."""

    votes_by_pair: dict[int, int]
    """Number of included votes → number of pairs with that many."""
    dropout_by_trial: dict[int, int]
    """Number of answered trials → number of participants who left after them."""
    median_ms: float | None
    left: Share
    """Share of real votes for the left side; ties are left out."""
    gold_passed: Share
    attention_checks_passed: Share
    repeats_agreed: Share
    """Share of repeated pairs on which the same stimulus was chosen again."""
    alpha: float | None
    """Krippendorff's α of the participants' votes on pairs."""
    not_loaded: Share
    """Share of trials whose pictures could not be shown."""
    excluded: dict[str, int]
    """Number of excluded participants, by reason."""
    dropped: dict[str, int]
    """Number of excluded real votes, by reason: that of the participant, or their own."""
    rules: dict[str, int]
    """Number of sessions, by the version of the rules that judges them."""


@dataclass(frozen=True)
class _Answer:
    kind: str
    choice: str
    expected: str
    pair: Hashable
    first_left: bool | None
    response_ms: int | None
    participant: int
    dropped: str
    """The reason of its exclusion; empty if it is included."""

    @property
    def chosen(self) -> str:
        """The preferred stimulus of the pair: first, second or tie."""
        if self.choice == Choice.TIE:
            return "tie"
        return "first" if (self.choice == Choice.LEFT) == self.first_left else "second"


def summarise(study: Study, cohort: str = Cohort.PEOPLE) -> Summary:
    """The figures of a study for one cohort."""
    answers = _answers(study, cohort)
    asked = [a for a in answers if a.kind == TrialKind.REAL]
    real = [a for a in asked if not a.dropped]
    sides = [a.choice for a in real if a.choice != Choice.TIE]
    times = [a.response_ms for a in real if a.response_ms is not None]
    shown = Trial.objects.filter(participant__study=study, participant__cohort=cohort)
    failed = shown.filter(outcome=TrialOutcome.COULD_NOT_LOAD).count()
    votes = Counter(a.pair for a in real)
    return Summary(
        votes_by_pair=_tally([votes[pk] for pk in study.pairs.values_list("pk", flat=True)]),
        dropout_by_trial=_dropout(study, cohort),
        median_ms=median(times) if times else None,
        left=share_with_interval(sides.count(Choice.LEFT), len(sides)),
        gold_passed=_passed(answers, TrialKind.GOLD),
        attention_checks_passed=_passed(answers, TrialKind.ATTENTION_CHECK),
        repeats_agreed=_repeats(answers),
        alpha=krippendorff_alpha(_by_pair(real)),
        not_loaded=share_with_interval(failed, failed + len(answers)),
        excluded=_people_by(study, cohort, "excluded"),
        dropped=_tally([a.dropped for a in asked if a.dropped]),
        rules=_people_by(study, cohort, "rules_version"),
    )


def cohort_counts(study: Study) -> list[dict[str, Any]]:
    """One row per cohort: `cohort`, and the numbers `participants`, `finished` and `votes`."""
    finished = Q(state=Participant.State.FINISHED)
    rows = (
        study.participants.order_by("cohort")
        .values("cohort")
        .annotate(
            participants=Count("pk", distinct=True),
            finished=Count("pk", filter=finished, distinct=True),
            votes=Count("trials__answer"),
        )
    )
    return [dict(row) for row in rows]


def _answers(study: Study, cohort: str) -> list[_Answer]:
    trials = Trial.objects.filter(
        participant__study=study, participant__cohort=cohort, outcome=TrialOutcome.VOTED
    ).order_by("pk")
    rows = trials.values_list(
        "kind", "answer__choice", "expected", "pair_id", "first_left", "answer__response_ms",
        "participant_id", "participant__excluded", "answer__excluded",
        "snapshot__left__stimulus", "snapshot__right__stimulus",
    )  # fmt: skip
    # Imported votes name their stimuli, and have no pair.
    pairs = [row[3] if row[3] is not None else tuple(sorted(row[9:], key=str)) for row in rows]
    return [
        _Answer(*row[:3], pair, *row[4:7], dropped=row[7] or row[8])
        for row, pair in zip(rows, pairs, strict=True)
    ]


def _tally(values: list[_Counted]) -> dict[_Counted, int]:
    return dict(sorted(Counter(values).items()))


def _passed(answers: list[_Answer], kind: str) -> Share:
    given = [a for a in answers if a.kind == kind]
    return share_with_interval(sum(a.choice == a.expected for a in given), len(given))


def _repeats(answers: list[_Answer]) -> Share:
    first = {(a.participant, a.pair): a.chosen for a in answers if a.kind == TrialKind.REAL}
    again = [a for a in answers if a.kind == TrialKind.REPEAT and (a.participant, a.pair) in first]
    agreed = sum(first[a.participant, a.pair] == a.chosen for a in again)
    return share_with_interval(agreed, len(again))


def _by_pair(real: list[_Answer]) -> list[list[Hashable]]:
    chosen: defaultdict[Hashable, list[Hashable]] = defaultdict(list)
    for answer in real:
        chosen[answer.pair].append(answer.chosen)
    return list(chosen.values())


def _dropout(study: Study, cohort: str) -> dict[int, int]:
    people = study.participants.filter(cohort=cohort)
    here = people.present(cohort).values("pk")
    gone = people.filter(state=Participant.State.ACTIVE).exclude(pk__in=here)
    voted = Count("trials", filter=Q(trials__outcome=TrialOutcome.VOTED))
    return _tally(list(gone.annotate(answers=voted).values_list("answers", flat=True)))


def _people_by(study: Study, cohort: str, field: str) -> dict[str, int]:
    people = study.participants.filter(cohort=cohort).exclude(**{field: ""})
    return _tally(list(people.values_list(field, flat=True)))
