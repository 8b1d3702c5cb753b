"""From a study's stimuli to its slots: what is compared, and which votes are wanted when."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

import numpy as np

from studies.design import DESIGNS, Item, Planned, schedule
from studies.models.assignments import Pair, Slot
from transfer.models import Batch, Stimulus

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from django.db.models import QuerySet

    from studies.design import Pair as Comparison
    from studies.models.study import Study


def items_of(study: Study) -> list[Item]:
    """The stimuli as designs see them: the frozen ones, or before opening all finished ones."""
    drafted = study.state == study.State.DRAFT
    stimuli = finished_in(study.batches.all()) if drafted else study.stimuli.all()
    return items_among(stimuli, study.kind)


def finished_in(batches: QuerySet[Batch]) -> QuerySet[Stimulus]:
    """The stimuli of batches that can be shown."""
    return Stimulus.objects.filter(state=Stimulus.State.DONE, batch__in=batches)


def items_among(stimuli: QuerySet[Stimulus], kind: str) -> list[Item]:
    """Stimuli as the designs of an E-test or a C-test see them."""
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
        elif len(both) == 1:  # no single picture shows a mixture of styles
            found.append(Item(key, reference=both[0], other=content))
    return found


def plan_of(study: Study) -> Iterator[Planned]:
    """All votes that could ever be wanted, in order, without end."""
    generator = np.random.default_rng(study.seed)
    wanted = study.pairs_wanted or study.votes_wanted // study.votes_per_pair
    one_person = study.trials_per_participant + study.declared.training
    pairs = DESIGNS[study.design].pairs(study.blocks(), wanted, one_person, generator)
    return schedule(pairs, generator)


def votes_of(study: Study) -> list[Planned]:
    """The votes that the study wants of people, in the order in which they are asked."""
    return list(islice(plan_of(study), study.votes_wanted))


def pair_ids(study: Study, pairs: Iterable[Comparison]) -> dict[Comparison, int]:
    """The keys of a study's pairs; rows are made for those of `pairs` that have none."""
    references = {item.key: item.reference for item in study.items()}
    known = set(study.pairs.values_list("first_id", "second_id"))
    Pair.objects.bulk_create(
        [
            Pair(study=study, reference_id=references[one], first_id=one, second_id=two)
            for one, two in dict.fromkeys(pairs)
            if (one, two) not in known
        ],
        batch_size=1000,
        ignore_conflicts=True,  # two cohorts may plan at once
    )
    return {(one, two): pk for pk, one, two in study.pairs.values_list("pk", "first", "second")}


def write_slots(study: Study, cohort: str, start: int, planned: list[Planned]) -> None:
    """Store planned votes of a cohort as slots from rank `start` on, with the pairs they need."""
    ids = pair_ids(study, (wanted.pair for wanted in planned))
    rule = DESIGNS[study.design].begins_as or study.design
    Slot.objects.bulk_create(
        [
            Slot(
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
