"""The kinds of trials of one session, in their order."""

from __future__ import annotations

import numpy as np

REPEAT_GAP = 5
"""A repeat comes at least so many trials after the one it repeats, which is then out of mind."""


def session_plan(
    real: int, *, training: int, gold: int, traps: int, repeats: int, generator: np.random.Generator
) -> list[str]:
    """Training first, then real trials with the others scattered among them.

    Gold trials and traps lie in stretches of equal length, at a random place of each. Repeats come
    late enough to have something to repeat.
    """
    plan = ["real"] * real
    controls = [str(kind) for kind in generator.permutation(["gold"] * gold + ["trap"] * traps)]
    for number, kind in reversed(list(enumerate(controls))):
        start = number * real // len(controls)
        end = max(start + 1, (number + 1) * real // len(controls))
        plan.insert(int(generator.integers(start, end)), kind)
    earliest = max(len(plan) // 2, min(len(plan), REPEAT_GAP + gold + traps + repeats))
    for _ in range(repeats):
        plan.insert(int(generator.integers(earliest, len(plan) + 1)), "repeat")
    return ["training"] * training + plan
