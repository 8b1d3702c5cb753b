"""Checks that a study's plan can answer its question, before the study opens."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from common.errors import InputError
from studies.design.session import REPEAT_GAP
from studies.planning.allocation import items_of
from studies.planning.differences import measured_differences
from transfer.models import Picture, Stimulus

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from studies.design import Block, Pair, PlannedVote
    from studies.models import Study


def check_feasibility(
    study: Study, blocks: Sequence[Block], planned: Sequence[PlannedVote]
) -> None:
    """Refuse a plan that cannot answer the study's question.

    Raises:
        InputError: nothing can be compared, a participant would have to see a pair twice, or the
            votes do not connect the stimuli of a reference, or its methods, or the differences of
            the measured statistics are not of full column rank.

    """
    # Imports SciPy, which is slow to load and needed only here.
    from studies.design.connection import components, unconnected_blocks

    if not blocks:
        raise InputError(
            f"study '{study}' has nothing to compare: no two finished stimuli of its batches "
            f"{study.get_scope_display()}; generate more, or choose another scope"
        )
    pairs = {wanted.pair for wanted in planned}
    rules = study.session_rules
    new_to_each = study.trials_per_participant + rules.training
    if new_to_each > len(pairs):
        raise InputError(
            f"{new_to_each} trials per participant are more than the {len(pairs)} "
            "different pairs of the study, and nobody sees a pair twice: ask for at most "
            f"{len(pairs)} trials, let each pair have fewer votes, or add stimuli"
        )
    if rules.gold and len({item.reference for item in items_of(study)}) < 2:
        raise InputError(
            "gold trials show a picture of another reference, and this study has one only: use 0"
        )
    if rules.repeats and study.trials_per_participant < 2 * REPEAT_GAP:
        raise InputError(f"repeats need sessions of at least {2 * REPEAT_GAP} trials: use 0")
    if apart := unconnected_blocks(blocks, pairs):
        raise InputError(
            f"{study.votes_wanted} votes leave {len(apart)} of {len(blocks)} groups of stimuli in "
            f"parts that are never compared (the first under '{_reference(study, apart[0])}'): "
            "ask for more participants or trials, take the balanced design, or use fewer stimuli"
        )
    method_of = dict(
        Stimulus.objects.filter(pk__in={key for pair in pairs for key in pair}).values_list(
            "pk", "method"
        )
    )
    parts = components(pairs, method_of)
    if len(parts) > 1:
        named = " | ".join(", ".join(part) for part in parts)
        raise InputError(
            f"some methods are never compared with each other ({named}): generate them for common "
            "contents and styles, or let stimuli meet that share the reference only"
        )

    _check_rank(study, pairs)


def _check_rank(study: Study, pairs: Collection[Pair]) -> None:
    """Refuse pairs that leave coefficients of a calibration undetermined.

    If nothing is measured yet, the terms would be the methods themselves, whose indicators are
    independent exactly if the graph of methods is connected, which was checked.
    """
    from studies.design.rank import undetermined

    differences, terms = measured_differences(pairs, study.kind)
    measured = differences[np.isfinite(differences).all(axis=1)]
    if terms and (lost := undetermined(measured, terms)):
        raise InputError(
            f"{len(measured)} measured pairs leave the coefficients of {', '.join(lost)} "
            f"undetermined (of {', '.join(terms)}): the two stimuli of a pair never differ in "
            "these statistics, or only together with others; ask about more pairs, add methods or "
            "weights, or measure the stimuli that are not measured yet"
        )


def _reference(study: Study, block: Block) -> str:
    item = next(item for item in items_of(study) if item.key == block[0])
    return Picture.objects.get(pk=item.reference).name
