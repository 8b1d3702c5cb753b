"""From pairs to the votes that are wanted: pass after pass over the pairs, sides alternating."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count
from typing import NamedTuple

import numpy as np

from studies.design.rule import Pair


class Planned(NamedTuple):
    """One wanted vote. Planned votes are given out in their order."""

    pair: Pair
    lower_on_left: bool
    """Whether the stimulus with the lower key is shown on the left."""


def schedule(pairs: Sequence[Pair], generator: np.random.Generator) -> Iterator[Planned]:
    """An endless plan: take as many as votes are wanted.

    After V planned votes over P pairs every pair has ⌊V/P⌋ or ⌈V/P⌉ of them, its two sides differ
    by at most one, and the sides of all planned votes together by at most two. Passes keep the
    order of the pairs, because the rule made every stretch of it balanced.
    """
    if not pairs:
        return
    for turn in count():
        if turn % 2 == 0:
            # Alternating down the list, from a random start of every neighbouring two, keeps both
            # sides in supply at every moment; the next pass then shows every pair the other way.
            flips = generator.integers(0, 2, size=(len(pairs) + 1) // 2)
            sides = [bool((i + flips[i // 2]) % 2) for i in range(len(pairs))]
        else:
            sides = [not side for side in sides]
        yield from (Planned(pair, side) for pair, side in zip(pairs, sides, strict=True))
