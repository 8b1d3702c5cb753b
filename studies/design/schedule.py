"""From pairs to planned votes: repeated passes over the pairs, with alternating sides."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count
from typing import NamedTuple

import numpy as np

from studies.design.rule import Pair


class PlannedVote(NamedTuple):
    """A vote that is wanted on a pair. Planned votes are given out in their order."""

    pair: Pair
    lower_on_left: bool
    """Whether the stimulus with the lower key is shown on the left."""


def schedule(pairs: Sequence[Pair], generator: np.random.Generator) -> Iterator[PlannedVote]:
    """An endless sequence of planned votes; empty if there are no pairs.

    After V planned votes over P pairs every pair has ⌊V/P⌋ or ⌈V/P⌉ of them, its two sides differ
    by at most one, and the sides of all planned votes together by at most two. Every pass keeps the
    order of the pairs, because selection rules balance every part of it.
    """
    if not pairs:
        return
    for passes in count():
        if passes % 2 == 0:
            # Sides alternate within every two neighbours, the first of which is drawn at random, so
            # that both sides are available at every moment. The next pass swaps the sides.
            flips = generator.integers(0, 2, size=(len(pairs) + 1) // 2)
            sides = [bool((i + flips[i // 2]) % 2) for i in range(len(pairs))]
        else:
            sides = [not side for side in sides]
        yield from (PlannedVote(pair, side) for pair, side in zip(pairs, sides, strict=True))
