"""A study as it stands, counted from the rows each time it is asked for."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

from django.db.models import Count, Q

from studies.agreement import krippendorff_alpha, share_with_interval
from studies.models.choices import Choice, Cohort, Outcome, TrialKind
from studies.models.participant import Participant
from studies.models.trial import Trial

if TYPE_CHECKING:
    from studies.models.study import Study

Share = tuple[float, float, float] | None
"""A share with its 95 % interval."""
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
    """Real votes for the left side."""
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


@dataclass(frozen=True)
class _Answer:
    kind: str
    choice: str
    expected: str
    pair: Hashable
    first_left: bool | None
    response_ms: int | None
    participant: int
    counts: bool

    @property
    def chosen(self) -> str:
        """Which stimulus of the pair was preferred, whatever side it was on."""
        if self.choice == Choice.TIE:
            return "tie"
        return "first" if (self.choice == Choice.LEFT) == self.first_left else "second"


def watch(study: Study, cohort: str = Cohort.PEOPLE) -> Monitor:
    """Count a cohort's rows."""
    answers = _answers(study, cohort)
    real = [a for a in answers if a.kind == TrialKind.REAL and a.counts]
    times = [a.response_ms for a in real if a.response_ms is not None]
    shown = Trial.objects.filter(participant__study=study, participant__cohort=cohort)
    failed = shown.filter(outcome=Outcome.COULD_NOT_LOAD).count()
    votes = Counter(a.pair for a in real)
    return Monitor(
        votes_by_pair=_tally([votes[pk] for pk in study.pairs.values_list("pk", flat=True)]),
        dropout_by_trial=_dropout(study, cohort),
        median_ms=median(times) if times else None,
        left=share_with_interval(sum(a.choice == Choice.LEFT for a in real), len(real)),
        gold_passed=_passed(answers, TrialKind.GOLD),
        traps_passed=_passed(answers, TrialKind.TRAP),
        repeats_agreed=_repeats(answers),
        alpha=krippendorff_alpha(_by_pair(real)),
        not_loaded=share_with_interval(failed, failed + len(answers)),
        excluded=_exclusions(study, cohort),
    )


def alarm(study: Study) -> str:
    """Why the study should pause by its own thresholds; nothing while all is well.

    It looks at the latest trials of people, so that what was mended is soon forgotten.
    """
    rules = study.declared
    ended = Trial.objects.filter(participant__study=study, participant__cohort=Cohort.PEOPLE)
    latest = ended.exclude(outcome="").order_by("-pk").values_list("outcome", flat=True)[:LATEST]
    if rules.pause_not_loaded_percent and len(latest) >= ENOUGH:
        share = 100 * list(latest).count(Outcome.COULD_NOT_LOAD) / len(latest)
        if share > rules.pause_not_loaded_percent:
            return f"{share:.0f} % of the latest trials could not load their pictures"
    gold = ended.filter(kind=TrialKind.GOLD, outcome=Outcome.VOTED).order_by("-pk")
    answers = list(gold.values_list("expected", "answer__choice")[:LATEST])
    if rules.pause_gold_missed_percent and len(answers) >= ENOUGH:
        share = 100 * sum(expected != choice for expected, choice in answers) / len(answers)
        if share > rules.pause_gold_missed_percent:
            return f"{share:.0f} % of the latest gold trials were missed"
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
        _Answer(*row[:3], pair, *row[4:7], counts=not (row[7] or row[8]))
        for row, pair in zip(rows, pairs, strict=True)
    ]


def _tally(numbers: list[int]) -> dict[int, int]:
    return dict(sorted(Counter(numbers).items()))


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


def _exclusions(study: Study, cohort: str) -> dict[str, int]:
    people = study.participants.filter(cohort=cohort).exclude(excluded="")
    return dict(sorted(Counter(people.values_list("excluded", flat=True)).items()))
