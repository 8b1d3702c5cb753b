"""Rounds in which everybody meets somebody: the circle method of tournament tables.

For n players (n even) it lists n − 1 rounds of n/2 games; each two players meet once. Two
consecutive rounds together form one cycle through all players (n odd: one path), so two rounds
already connect everything that may be compared.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from studies.design.blocks import Block
from studies.design.rule import Pair, pair

CONNECTED = 2
"""Rounds after which the graph of a block is connected."""


def rounds_of(block: Block, generator: np.random.Generator) -> Iterator[list[Pair]]:
    """The rounds of a block, its players seated at random.

    Within every prefix of whole rounds no two players differ by more than one game.
    """
    seats: list[int | None] = [block[i] for i in generator.permutation(len(block))]
    if len(seats) % 2:
        seats.append(None)  # who meets nobody sits the round out
    fixed, ring = seats[0], seats[1:]
    for turn in range(len(ring)):
        turned = ring[turn:] + ring[:turn]
        games = [(fixed, turned[0])]
        games += [(turned[k], turned[-k]) for k in range(1, len(turned) // 2 + 1)]
        yield [pair(one, two) for one, two in games if one is not None and two is not None]
