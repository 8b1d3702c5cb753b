"""What a selection rule is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate

import numpy as np

from studies.design.blocks import Block

Pair = tuple[int, int]
"""Two stimuli, the lower key first. Which of them is on the left is the schedule's business."""

Pairs = Callable[[Sequence[Block], int, int, np.random.Generator], list[Pair]]


@dataclass(frozen=True)
class Rule:
    """A way to choose pairs.

    `pairs(blocks, wanted, least, generator)` gives distinct pairs within blocks in the order in
    which they are asked: about `wanted` of them, as the rule's promises allow, and at least `least`
    where there are so many.
    """

    label: str
    pairs: Pairs
    version: int = 1


def pair(one: int, two: int) -> Pair:
    """The pair of two different stimuli."""
    return (one, two) if one < two else (two, one)


def count_pairs(blocks: Sequence[Block]) -> int:
    """How many pairs there are."""
    return sum(len(block) * (len(block) - 1) // 2 for block in blocks)


def nth_pair(blocks: Sequence[Block], index: int) -> Pair:
    """The pair of an index in 0 … count_pairs(blocks) − 1, without listing them all."""
    totals = list(accumulate(count_pairs([block]) for block in blocks))
    place = int(np.searchsorted(totals, index, side="right"))
    block = blocks[place]
    rest = index - (totals[place - 1] if place else 0)
    # Pair (i, j), i < j, of a block has the number j(j − 1)/2 + i.
    j = int((1 + (1 + 8 * rest) ** 0.5) / 2)
    while j * (j - 1) // 2 > rest:
        j -= 1
    while j * (j + 1) // 2 <= rest:
        j += 1
    return pair(block[rest - j * (j - 1) // 2], block[j])
