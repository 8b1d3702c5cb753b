"""Which side is due for somebody, so that neither side is favoured."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

AHEAD = 64
"""Votes that a look at the supply of sides takes in, however many are wanted."""


def side_due(shown: Iterable[bool]) -> bool | None:
    """Whether the next first stimulus has to be on the left.

    Args:
        shown: for every earlier trial, whether the first stimulus of its pair was on the left.

    Returns:
        True or False where one side is behind, None where either will do. Who follows it keeps
        both sides equal within one.

    """
    lead = sum(1 if left else -1 for left in shown)
    return None if lead == 0 else lead < 0


def plentiful_side(wanted: Sequence[bool]) -> bool | None:
    """The side of which the next votes offer clearly more; None where both are even.

    Who is free to take either side takes this one, so that the sides which people who left have not
    seen do not pile up until nobody can take them.

    Args:
        wanted: for each of the next votes, whether the first stimulus is wanted on the left.

    """
    lead = 2 * sum(wanted) - len(wanted)
    return None if abs(lead) <= 2 else lead > 0
