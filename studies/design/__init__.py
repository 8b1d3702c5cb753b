"""Pair designs: which pairs of stimuli are asked about, in which order, and on which side.

Pure: a design works with the keys of stimuli and a seed. A rule is one file with a function `pairs`
and one line in DESIGNS.
"""

from __future__ import annotations

from studies.design import asap, balanced, full, random_subset, swiss
from studies.design.blocks import Block, Item, blocks_of
from studies.design.rule import Pair, Rule, Wins
from studies.design.schedule import Planned, schedule

__all__ = ["DESIGNS", "Block", "Item", "Pair", "Planned", "Rule", "Wins", "blocks_of", "schedule"]

DESIGNS: dict[str, Rule] = {
    "balanced": balanced.RULE,
    "full": full.RULE,
    "random": random_subset.RULE,
    "swiss": swiss.RULE,
    "asap": asap.RULE,
}
"""Every selection rule by the name that studies and trials carry."""
