"""Composition of a session: the kinds of its trials, in their order."""

from __future__ import annotations

import numpy as np

REPEAT_GAP = 5
"""The least number of positions between a trial and its repeat."""


def trial_kinds(
    real: int,
    *,
    training: int,
    gold: int,
    attention_checks: int,
    repeats: int,
    generator: np.random.Generator,
) -> list[str]:
    """Training trials first, then real trials with the control trials distributed among them.

    The session is divided into parts of equal length; each has one gold trial or attention check at
    a random position. Repeats come late enough to have a trial to repeat.

    Args:
        real: number of real trials; the further arguments are numbers of trials as well.
        training: at the start.
        gold: with an obvious answer.
        attention_checks: that say which picture to choose.
        repeats: of earlier real trials.
        generator: decides every position.

    Returns:
        Stored values of studies.models.TrialKind.

    """
    kinds = ["real"] * real
    controls = [
        str(kind) for kind in generator.permutation(["gold"] * gold + ["trap"] * attention_checks)
    ]
    for number, kind in reversed(list(enumerate(controls))):
        start = number * real // len(controls)
        end = max(start + 1, (number + 1) * real // len(controls))
        kinds.insert(int(generator.integers(start, end)), kind)
    earliest = max(len(kinds) // 2, min(len(kinds), REPEAT_GAP + gold + attention_checks + repeats))
    for _ in range(repeats):
        kinds.insert(int(generator.integers(earliest, len(kinds) + 1)), "repeat")
    return ["training"] * training + kinds
