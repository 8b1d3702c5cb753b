"""Pairs drawn at random without replacement: the baseline for other rules."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from studies.design.blocks import Block
from studies.design.rule import Pair, SelectionRule, count_pairs, nth_pair


def pairs(
    blocks: Sequence[Block], wanted: int, least: int, generator: np.random.Generator
) -> list[Pair]:
    """`wanted` pairs, drawn with equal probability, in random order."""
    total = count_pairs(blocks)
    numbers = generator.choice(total, size=min(max(wanted, least), total), replace=False)
    return [nth_pair(blocks, int(number)) for number in numbers]


RULE = SelectionRule("random: pairs drawn at random", pairs)
