"""All pairs. Where votes are fewer than pairs, every stimulus is still compared equally often."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from studies.design import balanced
from studies.design.blocks import Block
from studies.design.rule import Pair, SelectionRule


def pairs(
    blocks: Sequence[Block], wanted: int, least: int, generator: np.random.Generator
) -> list[Pair]:
    """All pairs, in balanced rounds."""
    return [game for games in balanced.rounds(blocks, generator) for game in games]


RULE = SelectionRule("full: every pair that is possible", pairs)
