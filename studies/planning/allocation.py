"""From a study's stimuli to its assignments: the pairs it compares and the votes it wants."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

import numpy as np
from django.db import transaction

from common.errors import InputError
from studies.design import DESIGNS, Item, PlannedVote, blocks_of, schedule
from studies.models import Assignment, Pair, Study
from transfer.models import Batch, Stimulus

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from django.db.models import QuerySet

    from studies.design import Block
    from studies.design import Pair as Comparison


MOST_TRIALS = 1000
"""Largest number of trials of one participant, and of control trials."""
MOST_VOTES = 200_000
"""Largest number of votes that a study plans; every one is a row of the database."""


def check_size(trials: int, participants: int, controls: int) -> None:
    """Refuse a study whose plan would not fit into memory or a request.

    Raises:
        InputError: the study is larger than MOST_VOTES or MOST_TRIALS.

    """
    if max(trials, controls) > MOST_TRIALS:
        raise InputError(
            f"{trials} trials and {controls} control trials per participant: use at most "
            f"{MOST_TRIALS} of each"
        )
    if trials * participants > MOST_VOTES:
        raise InputError(
            f"{participants} participants with {trials} trials each are {trials * participants} "
            f"votes: use at most {MOST_VOTES} votes, or several studies"
        )


def stimuli_of(study: Study) -> QuerySet[Stimulus]:
    """The stimuli of a study: all finished ones of its batches in draft, the fixed ones later."""
    drafted = study.state == study.State.DRAFT
    return finished_in(study.batches.all()) if drafted else study.stimuli.all()


def items_of(study: Study) -> list[Item]:
    """The stimuli of a study as designs see them."""
    return items_among(stimuli_of(study), study.kind)


def study_blocks(study: Study, items: list[Item] | None = None) -> list[Block]:
    """The groups of stimuli of which any two may form a pair.

    Args:
        study: stored, unless `items` are given.
        items: its stimuli, where they are known already.

    """
    items = items_of(study) if items is None else items
    return blocks_of(items, across=study.scope == Study.Scope.REFERENCE)


def methods_of(study: Study) -> list[str]:
    """The methods that the study compares, sorted."""
    keys = [item.key for item in items_of(study)]
    methods = Stimulus.objects.filter(pk__in=keys).order_by("method").values_list("method")
    return [method for (method,) in methods.distinct()]


def finished_in(batches: QuerySet[Batch]) -> QuerySet[Stimulus]:
    """The finished stimuli of batches."""
    return Stimulus.objects.filter(state=Stimulus.State.DONE, batch__in=batches)


def items_among(stimuli: QuerySet[Stimulus], kind: str) -> list[Item]:
    """Stimuli as the designs of an E-test or a C-test see them.

    Stimuli with several styles are left out of E-tests: no single picture shows a mixture. Stimuli
    without a content are left out of C-tests.
    """
    styles: dict[int, list[int]] = {}
    links = Stimulus.styles.through.objects.filter(stimulus__in=stimuli)
    for stimulus, style in links.values_list("stimulus_id", "picture_id"):
        styles.setdefault(stimulus, []).append(style)
    found = []
    for key, content in stimuli.order_by("pk").values_list("pk", "content_id"):
        both = tuple(sorted(styles.get(key, [])))
        if kind == "C":
            if content is not None:  # a picture made from the style alone keeps no content
                found.append(Item(key, reference=content, other=both))
        elif len(both) == 1:
            found.append(Item(key, reference=both[0], other=content))
    return found


def plan_of(study: Study, blocks: list[Block] | None = None) -> Iterator[PlannedVote]:
    """The plan of a study: an endless sequence of votes, in the order in which they are wanted.

    Args:
        study: stored, unless `blocks` are given.
        blocks: `study_blocks` of it, where they are known already.

    """
    generator = np.random.default_rng(study.seed)
    wanted = study.pairs_wanted or study.votes_wanted // study.votes_per_pair
    blocks = study_blocks(study) if blocks is None else blocks
    one_person = study.trials_per_participant + study.session_rules.pairs_for_training
    pairs = DESIGNS[study.design].pairs(blocks, wanted, one_person, generator)
    return schedule(pairs, generator)


def planned_votes(study: Study, blocks: list[Block] | None = None) -> list[PlannedVote]:
    """The part of the plan that the study wants of people; `blocks` as in `plan_of`.

    Raises:
        InputError: the study is larger than MOST_VOTES or MOST_TRIALS.

    """
    controls = study.session_rules.controls
    check_size(study.trials_per_participant, study.participant_target, controls)
    return list(islice(plan_of(study, blocks), study.votes_wanted))


def pair_ids(study: Study, pairs: Iterable[Comparison]) -> dict[Comparison, int]:
    """The primary keys of all pairs of a study; rows are made for those of `pairs` without one."""
    references = {item.key: item.reference for item in items_of(study)}
    known = set(study.pairs.values_list("first_id", "second_id"))
    Pair.objects.bulk_create(
        [
            Pair(study=study, reference_id=references[one], first_id=one, second_id=two)
            for one, two in dict.fromkeys(pairs)
            if (one, two) not in known
        ],
        batch_size=1000,
        ignore_conflicts=True,  # two cohorts may be planned at once
    )
    return {(one, two): pk for pk, one, two in study.pairs.values_list("pk", "first", "second")}


@transaction.atomic
def ensure_assignments(study: Study, cohort: str, count: int) -> None:
    """Make sure that a cohort has at least `count` assignments, by continuing the plan."""
    start = study.assignments.filter(cohort=cohort).count()
    if start < count:
        write_assignments(study, cohort, start, list(islice(plan_of(study), start, count)))


def write_assignments(study: Study, cohort: str, start: int, planned: list[PlannedVote]) -> None:
    """Store planned votes of a cohort as assignments from rank `start` on, with their pairs."""
    ids = pair_ids(study, (wanted.pair for wanted in planned))
    rule = DESIGNS[study.design].begins_as or study.design
    Assignment.objects.bulk_create(
        [
            Assignment(
                study=study,
                cohort=cohort,
                rank=start + i,
                pair_id=ids[wanted.pair],
                first_left=wanted.lower_on_left,
                rule=rule,
            )
            for i, wanted in enumerate(planned)
        ],
        batch_size=1000,
    )
