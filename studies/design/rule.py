"""What a selection rule is."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate

import numpy as np

from studies.design.blocks import Block

Pair = tuple[int, int]
"""Two stimuli, the lower key first. Which of them is on the left is the schedule's business."""

Pairs = Callable[[Sequence[Block], int, int, np.random.Generator], list[Pair]]

Wins = Mapping[Pair, tuple[float, float]]
"""Votes so far, for the stimulus with the lower key and for the other; a tie is half of each."""

Round = Callable[[Sequence[Block], Wins, np.random.Generator], list[Pair]]


@dataclass(frozen=True)
class Rule:
    """A way to choose pairs.

    `pairs(blocks, wanted, least, generator)` gives distinct pairs within blocks in the order in
    which they are asked: about `wanted` of them, as the rule's promises allow, and at least `least`
    where there are so many.

    A rule that follows the votes has a `next_round(blocks, wins, generator)` as well: the pairs to
    ask next, each once. It takes seconds where stimuli are many, so only tasks call it; until one
    did, and wherever none does, the study asks `pairs`, which are those of the rule `begins_as`.
    """

    label: str
    pairs: Pairs
    version: int = 1
    next_round: Round | None = None
    begins_as: str = ""

    @property
    def follows_votes(self) -> bool:
        """Whether what is asked depends on what was answered."""
        return self.next_round is not None


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
