"""Adaptive designs: the pairs of the next assignments are chosen by the votes so far.

A study opens with the assignments of a rule that needs no votes. A task then replaces the pairs of
the next free assignments, round after round. So no participant waits for the computation. Without a
running task the study keeps its plan; every trial names the rule that chose its pair.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np
from django.db import transaction
from django.db.models import Count

from studies.design import DESIGNS
from studies.models import Assignment, Choice
from studies.planning.allocation import pair_ids, study_blocks

if TYPE_CHECKING:
    from collections.abc import Sequence

    from studies.design import Pair, Wins
    from studies.models import Study, Trial
    from studies.models.assignments import AssignmentQuerySet


def round_is_due(trial: Trial) -> bool:
    """Whether a vote completes a round of its study: half as many votes as there are stimuli."""
    study = trial.participant.study
    if not DESIGNS[study.design].follows_votes or not hasattr(trial, "assignment"):
        return False
    return (trial.assignment.rank + 1) % max(1, study.stimuli.count() // 2) == 0


def plan_round(study: Study, cohort: str) -> int:
    """Choose the pairs of a cohort's next free assignments by its votes.

    The first assignments, one per stimulus, stay as they were at opening: two balanced rounds,
    which connect all stimuli that may be compared.

    Returns:
        The number of assignments whose pair was chosen.

    """
    rule = DESIGNS[study.design]
    if rule.next_round is None:
        return 0
    wins = wins_of(study, cohort)
    votes = round(sum(sum(both) for both in wins.values()))
    generator = np.random.default_rng([study.seed, votes])
    # Outside of any transaction, because it may take seconds.
    pairs = rule.next_round(study_blocks(study), wins, generator)
    return _replace(study, cohort, pairs)


def wins_of(study: Study, cohort: str) -> Wins:
    """The votes of a cohort on its assignments, by pair; excluded sessions hold none."""
    answered = study.assignments.filter(cohort=cohort, trial__answer__isnull=False).order_by()
    rows = answered.values_list(
        "pair__first", "pair__second", "first_left", "trial__answer__choice"
    ).annotate(votes=Count("pk"))
    wins: dict[Pair, tuple[float, float]] = {}
    for one, two, first_left, choice, votes in rows:
        share = 0.5 if choice == Choice.TIE else float((choice == Choice.LEFT) == first_left)
        for_one, for_two = wins.get((one, two), (0.0, 0.0))
        wins[one, two] = (for_one + votes * share, for_two + votes * (1 - share))
    return wins


@transaction.atomic
def _replace(study: Study, cohort: str, pairs: Sequence[Pair]) -> int:
    ids = pair_ids(study, pairs)
    assignments = study.assignments.filter(cohort=cohort)
    opening = study.stimuli.count()
    later = assignments.free().filter(rank__gte=opening).order_by("rank")
    free = list(later.select_for_update(skip_locked=True, of=("self",)))
    before = [_choice(assignment) for assignment in free]
    surplus = _left_surplus(assignments.exclude(pk__in=[assignment.pk for assignment in free]))
    # A pair that was shown too often on one side is asked once more, first.
    wanted = [pk for pk, more in surplus.items() if abs(more) > 1] + [ids[pair] for pair in pairs]
    chosen = list(zip(free, wanted, strict=False))
    for assignment, pk in chosen:
        assignment.pair_id, assignment.rule = pk, study.design
    _balance_sides(free, surplus)
    changed = [new for new, old in zip(free, before, strict=True) if _choice(new) != old]
    Assignment.objects.bulk_update(changed, ["pair", "first_left", "rule"], batch_size=500)
    return len(chosen)


def _choice(assignment: Assignment) -> tuple[int, bool, str]:
    return assignment.pair_id, assignment.first_left, assignment.rule


def _left_surplus(assignments: AssignmentQuerySet) -> Counter[int]:
    """For every pair, how much more often its first stimulus is on the left than on the right."""
    surplus: Counter[int] = Counter()
    for pk, first_left in assignments.values_list("pair_id", "first_left"):
        surplus[pk] += 1 if first_left else -1
    return surplus


def _balance_sides(assignments: Sequence[Assignment], surplus: Counter[int]) -> None:
    """Give every assignment the side in deficit for its pair; even pairs alternate."""
    on_left = False
    for assignment in assignments:
        more = surplus[assignment.pair_id]
        on_left = more < 0 if more else not on_left
        assignment.first_left = on_left
        surplus[assignment.pair_id] += 1 if on_left else -1
