"""Connectedness of the comparison graphs of stimuli and of methods."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import TypeVar

from scipy.cluster.hierarchy import DisjointSet

from studies.design.blocks import Block
from studies.design.rule import Pair

Key = TypeVar("Key", bound=Hashable)


def unconnected_blocks(blocks: Sequence[Block], pairs: Iterable[Pair]) -> list[Block]:
    """The blocks whose stimuli are not all joined by chains of pairs."""
    joined = DisjointSet([key for block in blocks for key in block])
    for one, two in pairs:
        joined.merge(one, two)
    return [block for block in blocks if joined.subset_size(block[0]) < len(block)]


def components(pairs: Iterable[Pair], method_of: Mapping[int, Key]) -> list[list[Key]]:
    """The connected components of the graph of methods; one where all are comparable."""
    joined = DisjointSet(method_of.values())
    for one, two in pairs:
        joined.merge(method_of[one], method_of[two])
    return [sorted(group, key=str) for group in joined.subsets()]
