"""Objections to a study's plan: why it could not answer its question, before the study opens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from studies.design.session import REPEAT_GAP
from studies.planning.allocation import study_blocks
from studies.planning.differences import measured_differences
from transfer.models import Picture, Stimulus

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from studies.design import Item, Pair, PlannedVote
    from studies.models import Study


@dataclass(frozen=True)
class Objection:
    """A reason why a plan cannot answer the study's question."""

    field: str
    """The setting to change first, by its name in the form of a study."""
    text: str
    """The reason, and what to do, as one line without a full stop."""
    by_numbers: bool = False
    """Whether other numbers of trials, participants or votes may remove the objection."""


def objections(study: Study, items: list[Item], planned: Sequence[PlannedVote]) -> list[Objection]:
    """Every objection to a plan.

    These are: nothing can be compared, a participant would have to see a pair twice, control trials
    cannot be made, the votes do not connect the stimuli of a reference, or its methods, or the
    differences of the measured statistics are not of full column rank.

    Args:
        study: need not be stored.
        items: its stimuli.
        planned: the votes that it wants.

    """
    found = list(structural_objections(study, items, planned, methods_by_key(items)))
    if not found:
        found += _rank_objections(study, {wanted.pair for wanted in planned})
    return found


def methods_by_key(items: Sequence[Item]) -> dict[int, str]:
    """The method of every stimulus."""
    keys = [item.key for item in items]
    return dict(Stimulus.objects.filter(pk__in=keys).values_list("pk", "method"))


def structural_objections(
    study: Study,
    items: list[Item],
    planned: Sequence[PlannedVote],
    method_of: Mapping[int, str],
) -> Iterator[Objection]:
    """The objections that follow from pairs, stimuli and methods alone, without measurements."""
    # Imports SciPy, which is slow to load and needed only here.
    from studies.design.connection import components, unconnected_blocks

    rules = study.session_rules
    if len({item.reference for item in items}) == 1:
        if rules.gold:
            yield Objection(
                "gold",
                "gold trials show a picture of another reference, and this study has one only: "
                "use 0",
            )
        if rules.feedback and rules.training:
            yield Objection(
                "feedback",
                "practice with feedback shows a picture of another reference, and this study has "
                "one only: turn it off",
            )
    if rules.repeats and study.trials_per_participant < 2 * REPEAT_GAP:
        yield Objection(
            "repeats", f"repeats need sessions of at least {2 * REPEAT_GAP} trials: use 0"
        )
    blocks = study_blocks(study, items)
    if not blocks:
        named = f"study '{study}'" if study.name else "the study"
        yield Objection(
            "batches",
            f"{named} has nothing to compare: no two finished stimuli of its batches "
            f"{study.get_scope_display()}; generate more, or choose another scope",
        )
        return
    pairs = {wanted.pair for wanted in planned}
    if study.trials_per_participant + rules.pairs_for_training > len(pairs):
        training = (
            f" and {rules.pairs_for_training} for training" if rules.pairs_for_training else ""
        )
        yield Objection(
            "trials_per_participant",
            f"{study.trials_per_participant} trials{training} per participant are more than the "
            f"{len(pairs)} different pairs of the study, and nobody sees a pair twice",
            by_numbers=True,
        )
    if apart := unconnected_blocks(blocks, pairs):
        yield Objection(
            "participant_target",
            f"{study.votes_wanted} votes leave {len(apart)} of {len(blocks)} groups of stimuli in "
            f"parts that are never compared (the first under '{_reference(items, apart[0][0])}')",
            by_numbers=True,
        )
    parts = components(pairs, {key: method_of[key] for pair in pairs for key in pair})
    if len(parts) > 1:
        named = " | ".join(", ".join(part) for part in parts)
        yield Objection(
            "scope",
            f"some methods are never compared with each other ({named}): generate them for common "
            "contents and styles, or let stimuli meet that share the reference only",
        )


def _rank_objections(study: Study, pairs: Collection[Pair]) -> Iterator[Objection]:
    """Object to pairs that leave coefficients of a calibration undetermined.

    If nothing is measured yet, the terms would be the methods themselves, whose indicators are
    independent exactly if the graph of methods is connected, which was checked.
    """
    from studies.design.rank import undetermined

    differences, terms = measured_differences(pairs, study.kind)
    measured = differences[np.isfinite(differences).all(axis=1)]
    if terms and (lost := undetermined(measured, terms)):
        yield Objection(
            "batches",
            f"{len(measured)} measured pairs leave the coefficients of {', '.join(lost)} "
            f"undetermined (of {', '.join(terms)}): the two stimuli of a pair never differ in "
            "these statistics, or only together with others; ask about more pairs, add methods or "
            "weights, or measure the stimuli that are not measured yet",
        )


def _reference(items: Sequence[Item], key: int) -> str:
    item = next(item for item in items if item.key == key)
    return Picture.objects.get(pk=item.reference).name
