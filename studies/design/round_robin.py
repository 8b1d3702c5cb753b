"""Round robin of a block of stimuli by the circle method.

For n stimuli (n even) it gives n − 1 rounds of n/2 pairs; every two stimuli meet once. Two
consecutive rounds together form one cycle through all stimuli (n odd: one path), so two rounds
already connect the block.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from studies.design.blocks import Block
from studies.design.rule import Pair, pair

CONNECTED = 2
"""Number of rounds that connect a block."""


def rounds_of(block: Block, generator: np.random.Generator) -> Iterator[list[Pair]]:
    """The rounds of a block, with the stimuli in random order.

    After any number of whole rounds no two stimuli differ by more than one pair.
    """
    seats: list[int | None] = [block[i] for i in generator.permutation(len(block))]
    if len(seats) % 2:
        seats.append(None)  # the stimulus opposite it has no pair in the round
    fixed, ring = seats[0], seats[1:]
    for step in range(len(ring)):
        turned = ring[step:] + ring[:step]
        games = [(fixed, turned[0])]
        games += [(turned[k], turned[-k]) for k in range(1, len(turned) // 2 + 1)]
        yield [pair(one, two) for one, two in games if one is not None and two is not None]
