"""Selection rules: how the pairs of a study are chosen."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate

import numpy as np

from studies.design.blocks import Block

Pair = tuple[int, int]
"""Keys of two stimuli, the lower one first. The schedule decides their sides."""

Pairs = Callable[[Sequence[Block], int, int, np.random.Generator], list[Pair]]

Wins = Mapping[Pair, tuple[float, float]]
"""Numbers of votes for the lower key and for the other; a tie counts half for each."""

Round = Callable[[Sequence[Block], Wins, np.random.Generator], list[Pair]]


@dataclass(frozen=True)
class SelectionRule:
    """A rule that chooses pairs.

    `pairs(blocks, wanted, least, generator)` returns distinct pairs within blocks in the order in
    which they are asked: about `wanted` of them, as far as the rule's balance permits, and at least
    `least` if there are that many.

    An adaptive rule has `next_round(blocks, wins, generator)` as well, which returns the pairs to
    ask next, each once. It takes seconds with many stimuli, so only background tasks call it. Until
    the first round the study asks `pairs`, which are those of the rule `begins_as`.
    """

    label: str
    pairs: Pairs
    version: int = 1
    next_round: Round | None = None
    begins_as: str = ""

    @property
    def follows_votes(self) -> bool:
        """Whether the rule is adaptive: its pairs depend on the votes so far."""
        return self.next_round is not None


def pair(one: int, two: int) -> Pair:
    """The pair of two different keys, in either order."""
    return (one, two) if one < two else (two, one)


def count_pairs(blocks: Sequence[Block]) -> int:
    """The number of pairs within blocks."""
    return sum(len(block) * (len(block) - 1) // 2 for block in blocks)


def nth_pair(blocks: Sequence[Block], index: int) -> Pair:
    """The pair with an index in 0 … count_pairs(blocks) − 1, without listing all pairs."""
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
