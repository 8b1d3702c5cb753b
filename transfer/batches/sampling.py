"""Draw combinations of style weight, content and style for a sampled batch."""

from __future__ import annotations

import random
from collections import Counter

from common.errors import InputError


def sample(
    number: int, weights: int, contents: int, styles: int, seed: int
) -> list[tuple[int, int, int]]:
    """Draw different (weight, content, style) indices, each index about equally often.

    The result depends on the seed only. Contents and styles do not depend on the number of weights
    (until pairs have to be repeated), so all methods get the same pairs and their stimuli can be
    compared.

    Raises:
        InputError: there are fewer combinations than draws.

    """
    possible = weights * contents * styles
    if number > possible:
        raise InputError(
            f"{number} samples were asked for, but there are only {possible} combinations of "
            "style weight, content and style: ask for fewer, or leave --samples out"
        )
    # Random designs, not secrets.
    chance = {axis: random.Random(f"{seed}:{axis}") for axis in range(3)}  # noqa: S311  # nosec B311
    used: tuple[Counter[int], Counter[int], Counter[int]] = (Counter(), Counter(), Counter())
    pairs: Counter[tuple[int, int]] = Counter()
    taken: set[tuple[int, int, int]] = set()
    draws = []
    for _ in range(number):
        # All indices are shuffled, whichever are left, so that later shuffles do not depend on it.
        content_order, style_order, weight_order = (
            chance[axis].sample(range(count), count)
            for axis, count in ((1, contents), (2, styles), (0, weights))
        )
        full = Counter(pair[0] for pair, count in pairs.items() if count == weights)
        content = min(
            (one for one in content_order if full[one] < styles), key=lambda one: used[1][one]
        )
        style = min(
            (one for one in style_order if pairs[content, one] < weights),
            key=lambda one: (pairs[content, one], used[2][one]),
        )
        weight = min(
            (one for one in weight_order if (one, content, style) not in taken),
            key=lambda one: used[0][one],
        )
        draws.append((weight, content, style))
        taken.add(draws[-1])
        pairs[content, style] += 1
        for axis, index in enumerate(draws[-1]):
            used[axis][index] += 1
    return draws
