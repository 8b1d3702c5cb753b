"""A study as it stands, counted from the rows each time it is asked for."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Any, TypeVar

from django.db.models import Count, Q

from studies.models.choices import Choice, Cohort, Outcome, TrialKind
from studies.models.participant import Participant
from studies.models.trial import Trial
from studies.monitoring.agreement import krippendorff_alpha, share_with_interval

if TYPE_CHECKING:
    from studies.models.study import Study

Share = tuple[float, float, float] | None
"""A share with its 95 % interval."""
_Counted = TypeVar("_Counted", int, str)
LATEST = 50
ENOUGH = 20
"""An alarm looks at the latest trials, and needs so many of them."""


@dataclass(frozen=True)
class Monitor:
    """What a researcher watches while a study runs. Shares are of 1."""

    votes_by_pair: dict[int, int]
    """How many pairs have so many votes that count: votes → pairs."""
    dropout_by_trial: dict[int, int]
    """Where people who left stopped: trials answered → people."""
    median_ms: float | None
    left: Share
    """Real votes for the left side, of those for either side."""
    gold_passed: Share
    traps_passed: Share
    repeats_agreed: Share
    """Repeated pairs on which somebody chose the same stimulus again."""
    alpha: float | None
    """Krippendorff's α of the participants' votes on pairs."""
    not_loaded: Share
    """Trials whose pictures could not be shown."""
    excluded: dict[str, int]
    """Participants whose votes do not count, by reason."""
    dropped: dict[str, int]
    """Real votes that do not count, by reason: that of the participant, or their own."""
    rules: dict[str, int]
    """By which version of the rules how many sessions are judged."""


@dataclass(frozen=True)
class Threshold:
    """A share of the latest trials at which a study pauses."""

    of: str
    """What kind of trials it is a share of."""
    what: str
    """What happened to them."""
    percent: float | None
    """Of the latest trials; None while there is none."""
    trials: int
    """How many were looked at, of at most LATEST."""
    limit: int
    """The study pauses above so many percent; 0: never."""

    @property
    def exceeded(self) -> bool:
        """Whether it pauses now."""
        enough = self.limit > 0 and self.trials >= ENOUGH
        return enough and self.percent is not None and self.percent > self.limit


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
    """Why it does not count; nothing where it does."""

    @property
    def chosen(self) -> str:
        """Which stimulus of the pair was preferred, whatever side it was on."""
        if self.choice == Choice.TIE:
            return "tie"
        return "first" if (self.choice == Choice.LEFT) == self.first_left else "second"


def watch(study: Study, cohort: str = Cohort.PEOPLE) -> Monitor:
    """Count a cohort's rows."""
    answers = _answers(study, cohort)
    asked = [a for a in answers if a.kind == TrialKind.REAL]
    real = [a for a in asked if not a.dropped]
    sides = [a.choice for a in real if a.choice != Choice.TIE]
    times = [a.response_ms for a in real if a.response_ms is not None]
    shown = Trial.objects.filter(participant__study=study, participant__cohort=cohort)
    failed = shown.filter(outcome=Outcome.COULD_NOT_LOAD).count()
    votes = Counter(a.pair for a in real)
    return Monitor(
        votes_by_pair=_tally([votes[pk] for pk in study.pairs.values_list("pk", flat=True)]),
        dropout_by_trial=_dropout(study, cohort),
        median_ms=median(times) if times else None,
        left=share_with_interval(sides.count(Choice.LEFT), len(sides)),
        gold_passed=_passed(answers, TrialKind.GOLD),
        traps_passed=_passed(answers, TrialKind.TRAP),
        repeats_agreed=_repeats(answers),
        alpha=krippendorff_alpha(_by_pair(real)),
        not_loaded=share_with_interval(failed, failed + len(answers)),
        excluded=_people_by(study, cohort, "excluded"),
        dropped=_tally([a.dropped for a in asked if a.dropped]),
        rules=_people_by(study, cohort, "rules_version"),
    )


def progress(study: Study) -> list[dict[str, Any]]:
    """One row per cohort: participants, finished, votes."""
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


def thresholds(study: Study) -> list[Threshold]:
    """How far the study is from pausing.

    Only the latest trials of people are looked at, so that what was mended is soon forgotten.
    """
    rules = study.declared
    latest = Trial.objects.filter(
        participant__study=study, participant__cohort=Cohort.PEOPLE
    ).order_by("-pk")
    outcomes = latest.exclude(outcome=Outcome.WAITING).values_list("outcome", flat=True)[:LATEST]
    failed = [outcome == Outcome.COULD_NOT_LOAD for outcome in outcomes]
    gold = latest.filter(kind=TrialKind.GOLD, outcome=Outcome.VOTED)
    answers = gold.values_list("expected", "answer__choice")[:LATEST]
    missed = [expected != choice for expected, choice in answers]
    return [
        _threshold(
            "trials", "could not load their pictures", failed, rules.pause_not_loaded_percent
        ),
        _threshold("gold trials", "were missed", missed, rules.pause_gold_missed_percent),
    ]


def alarm(study: Study) -> str:
    """Why the study should pause by its own thresholds; nothing while all is well."""
    rules = study.declared
    if not (rules.pause_not_loaded_percent or rules.pause_gold_missed_percent):
        return ""
    for found in thresholds(study):
        if found.exceeded:
            return f"{found.percent:.0f} % of the latest {found.of} {found.what}"
    return ""


def _answers(study: Study, cohort: str) -> list[_Answer]:
    trials = Trial.objects.filter(
        participant__study=study, participant__cohort=cohort, outcome=Outcome.VOTED
    ).order_by("pk")
    rows = trials.values_list(
        "kind", "answer__choice", "expected", "pair_id", "first_left", "answer__response_ms",
        "participant_id", "participant__excluded", "answer__excluded",
        "snapshot__left__stimulus", "snapshot__right__stimulus",
    )  # fmt: skip
    # Pairs of imported votes have names only.
    pairs = [row[3] if row[3] is not None else tuple(sorted(row[9:], key=str)) for row in rows]
    return [
        _Answer(*row[:3], pair, *row[4:7], dropped=row[7] or row[8])
        for row, pair in zip(rows, pairs, strict=True)
    ]


def _threshold(of: str, what: str, happened: list[bool], limit: int) -> Threshold:
    percent = 100 * sum(happened) / len(happened) if happened else None
    return Threshold(of, what, percent, len(happened), limit)


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
    voted = Count("trials", filter=Q(trials__outcome=Outcome.VOTED))
    return _tally(list(gone.annotate(answers=voted).values_list("answers", flat=True)))


def _people_by(study: Study, cohort: str, field: str) -> dict[str, int]:
    people = study.participants.filter(cohort=cohort).exclude(**{field: ""})
    return _tally(list(people.values_list(field, flat=True)))
