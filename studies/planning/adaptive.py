"""Rules that follow the votes: which pairs the next slots ask about, decided while a study runs.

A study opens with the slots of a rule that needs no votes. A task then replaces the pairs of the
next free slots, round after round. So participants never wait for a computation: where no task runs
the study goes on with the plan it has, and every trial says which rule chose it.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np
from django.db import transaction
from django.db.models import Count

from studies.design import DESIGNS
from studies.models.assignments import Slot
from studies.models.choices import Choice
from studies.planning.allocation import pair_ids

if TYPE_CHECKING:
    from collections.abc import Sequence

    from studies.design import Pair, Wins
    from studies.models.assignments import SlotQuerySet
    from studies.models.study import Study
    from studies.models.trial import Trial


def ask_for_round(trial: Trial) -> None:
    """Wake a task after every so many votes, where the study's rule follows them."""
    study = trial.participant.study
    if not DESIGNS[study.design].follows_votes or not hasattr(trial, "slot"):
        return
    if (trial.slot.rank + 1) % max(1, study.stimuli.count() // 2) == 0:
        from studies.planning.tasks import enqueue_round

        enqueue_round(study.pk, trial.participant.cohort)


def plan_round(study: Study, cohort: str) -> int:
    """Choose the pairs of the next free slots of a cohort by its votes; give their number.

    The first slots, one per stimulus, stay as they were opened: two balanced rounds, which connect
    everything that may be compared.
    """
    rule = DESIGNS[study.design]
    if rule.next_round is None:
        return 0
    wins = wins_of(study, cohort)
    votes = round(sum(sum(both) for both in wins.values()))
    generator = np.random.default_rng([study.seed, votes])
    # Outside of any transaction: it may take seconds, and nobody is to wait for it.
    pairs = rule.next_round(study.blocks(), wins, generator)
    return _replace(study, cohort, pairs)


def wins_of(study: Study, cohort: str) -> Wins:
    """The votes of a cohort that count, by pair."""
    answered = study.slots.filter(cohort=cohort, trial__answer__isnull=False).order_by()
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
    slots = study.slots.filter(cohort=cohort)
    opening = study.stimuli.count()
    later = slots.free().filter(rank__gte=opening).order_by("rank")
    free = list(later.select_for_update(skip_locked=True, of=("self",)))
    before = [_choice(slot) for slot in free]
    lead = _leads(slots.exclude(pk__in=[slot.pk for slot in free]))
    # A pair that was shown too often on one side comes once more first.
    wanted = [pk for pk, ahead in lead.items() if abs(ahead) > 1] + [ids[pair] for pair in pairs]
    chosen = list(zip(free, wanted, strict=False))
    for slot, pk in chosen:
        slot.pair_id, slot.rule = pk, study.design
    _take_sides(free, lead)
    changed = [slot for slot, old in zip(free, before, strict=True) if _choice(slot) != old]
    Slot.objects.bulk_update(changed, ["pair", "first_left", "rule"], batch_size=500)
    return len(chosen)


def _choice(slot: Slot) -> tuple[int, bool, str]:
    return slot.pair_id, slot.first_left, slot.rule


def _leads(slots: SlotQuerySet) -> Counter[int]:
    """By how much each pair has its first stimulus more often on the left."""
    lead: Counter[int] = Counter()
    for pk, first_left in slots.values_list("pair_id", "first_left"):
        lead[pk] += 1 if first_left else -1
    return lead


def _take_sides(slots: Sequence[Slot], lead: Counter[int]) -> None:
    """Give every slot in turn the side that its pair is behind on, else left and right in turn."""
    on_left = False
    for slot in slots:
        ahead = lead[slot.pair_id]
        on_left = ahead < 0 if ahead else not on_left
        slot.first_left = on_left
        lead[slot.pair_id] += 1 if on_left else -1
