"""Which side is due for somebody, so that neither side is favoured."""

from __future__ import annotations

from collections.abc import Iterable


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
