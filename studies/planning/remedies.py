"""Numbers with which a plan would hold: each was tried with the plan that it would give."""

from __future__ import annotations

from copy import copy
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from common.errors import InputError
from studies.planning.allocation import MOST_TRIALS, planned_votes, study_blocks
from studies.planning.feasibility import methods_by_key, objections, structural_objections

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence, Set

    from studies.design import Item, PlannedVote
    from studies.models import Study
    from studies.planning.feasibility import Objection

MOST_VOTES = 2_000
"""Larger plans take too long to be tried many times while a form is filled in."""
_MORE_PEOPLE = 8
"""How many times as many participants are tried."""


def check_feasibility(study: Study, items: list[Item], planned: Sequence[PlannedVote]) -> None:
    """Refuse a plan that cannot answer the study's question.

    Raises:
        InputError: there are objections; its text gives all of them, with advice.

    """
    if found := with_remedies(study, items, objections(study, items, planned)):
        raise InputError("; ".join(objection.text for objection in found))


def with_remedies(study: Study, items: list[Item], found: Sequence[Objection]) -> list[Objection]:
    """Objections with advice, where other numbers may remove them."""
    if not any(objection.by_numbers for objection in found):
        return list(found)
    advice = _advice(study, items, {one.field for one in found if not one.by_numbers})
    return [replace(one, text=f"{one.text}: {advice}") if one.by_numbers else one for one in found]


def _advice(study: Study, items: list[Item], remaining: Set[str]) -> str:
    if study.votes_wanted > MOST_VOTES:
        return "ask for fewer trials, or for more votes by more participants, or add stimuli"
    if would_do := remedies(study, items, remaining):
        return f"use {', or '.join(would_do)}; or add stimuli"
    return "no other value of one number removes this: change several, or add stimuli"


def remedies(study: Study, items: list[Item], remaining: Set[str] = frozenset()) -> list[str]:
    """Values of one number with which no objection is left, such as "9 participants".

    Args:
        study: need not be stored.
        items: its stimuli.
        remaining: fields of objections that no number removes, and that may be left.

    """
    blocks, method_of = study_blocks(study, items), methods_by_key(items)

    def fits(name: str, value: int) -> bool:
        other = copy(study)
        if name == "training":
            other.rules = {**study.rules, "training": value}
        else:
            setattr(other, name, value)
        left = structural_objections(other, items, planned_votes(other, blocks), method_of)
        return all(one.field in remaining and not one.by_numbers for one in left)

    trials, people = study.trials_per_participant, study.participant_target
    pairs_at_most = sum(len(block) * (len(block) - 1) // 2 for block in blocks)
    more_trials = max(trials, min(4 * trials, pairs_at_most, MOST_TRIALS))
    tried = (
        ("trials_per_participant", "trials per participant", trials, 1),
        ("trials_per_participant", "trials per participant", trials, more_trials),
        ("training", "training trials", study.session_rules.training, 0),
        ("votes_per_pair", "votes per pair", study.votes_per_pair, 1),
        ("participant_target", "participants", people, _MORE_PEOPLE * people),
    )
    found = [
        (noun, _nearest(partial(fits, name), now, end))
        for name, noun, now, end in tried
        if now != end
    ]
    return [f"{value} {noun}" for noun, value in found if value is not None]


def _nearest(fits: Callable[[int], bool], now: int, end: int) -> int | None:
    """A value that fits, near to `now`, which does not, on the way to `end`; None if none is found.

    Values at growing distances are tried, and then those between the first that fits and the one
    before it.
    """
    way, step = (1 if end > now else -1), 1
    before = now
    while True:
        tried = now + way * min(step, abs(end - now))
        if fits(tried):
            break
        if tried == end:
            return None
        before, step = tried, step + max(1, step // 4)
    while abs(tried - before) > 1:
        middle = (before + tried) // 2
        before, tried = (before, middle) if fits(middle) else (middle, tried)
    return tried
