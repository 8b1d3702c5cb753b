"""Designs: which pairs of stimuli are compared, in which order, and on which side.

These modules run without Django: a design works with the keys of stimuli and a seed. A selection
rule is one file with a function `pairs`, and one line in DESIGNS.
"""

from __future__ import annotations

from studies.design import asap, balanced, full, random_subset, swiss
from studies.design.blocks import Block, Item, blocks_of
from studies.design.rule import Pair, SelectionRule, Wins
from studies.design.schedule import PlannedVote, schedule

__all__ = [
    "DESIGNS",
    "Block",
    "Item",
    "Pair",
    "PlannedVote",
    "SelectionRule",
    "Wins",
    "blocks_of",
    "schedule",
]

DESIGNS: dict[str, SelectionRule] = {
    "balanced": balanced.RULE,
    "full": full.RULE,
    "random": random_subset.RULE,
    "swiss": swiss.RULE,
    "asap": asap.RULE,
}
"""Every selection rule, by the name stored with studies and trials."""
