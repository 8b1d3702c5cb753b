"""Blocks: groups of stimuli of which any two may form a pair."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass

Block = tuple[int, ...]
"""Keys of stimuli that share a reference picture and may be compared with each other."""


@dataclass(frozen=True)
class Item:
    """A stimulus as designs see it."""

    key: int
    reference: int
    """The picture shown above the pair: the style in an E-test, the content in a C-test."""
    other: Hashable
    """The picture that is not shown: the content in an E-test, the styles in a C-test."""


def blocks_of(items: Iterable[Item], *, across: bool = False) -> list[Block]:
    """Group stimuli into blocks, in the order of their references and keys.

    Args:
        items: the stimuli of a study.
        across: False: a block shares content and style, so that its stimuli differ in method or
            weight only. True: a block shares the reference.

    Returns:
        Blocks of at least two stimuli. Stimuli without a partner are left out.

    """
    groups: dict[tuple[int, Hashable], list[int]] = {}
    for item in sorted(items, key=lambda item: (item.reference, item.key)):
        groups.setdefault((item.reference, None if across else item.other), []).append(item.key)
    return [tuple(keys) for keys in groups.values() if len(keys) > 1]
