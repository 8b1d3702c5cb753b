"""Maximum-cardinality matching in bipartite graphs, for many separate graphs at once.

Every picture needs one matching per threshold and annotator. They are independent, so their graphs
form the components of one graph, and each step below treats all of them at once. A greedy
matching, earliest edges first, finds most pairs; alternating trees that grow from all unmatched
vertices at the same time find the rest (as in Azad, Buluç and Pothen, "Computing maximum
cardinality matchings in parallel on bipartite graphs via tree-grafting", IEEE TPDS 28(1), 2017;
instead of grafting, finished trees and their vertices are left out of later searches).

SciPy's `maximum_bipartite_matching` finds the same cardinalities for one graph at a time, but its
depth-first search takes seconds for some graphs of parallel lines (18 s for one test picture).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Indices = NDArray[np.int32]
FREE = -1


@dataclass(frozen=True)
class Matching:
    """The partners of both sides: `left[i] = j` and `right[j] = i`, or FREE (−1)."""

    left: Indices
    right: Indices


def maximum_matching(left: Indices, right: Indices, n_left: int, n_right: int) -> Matching:
    """A maximum-cardinality matching of the graph with edges (left[e], right[e]).

    `left` and `right` (E,) number the vertices from 0, below `n_left` and `n_right`. Of several
    maximum matchings, those with early edges are preferred but not guaranteed: give short edges
    first. Trees grow from the left side, so the side with fewer unmatched vertices should be left.
    """
    matching = _greedy(left, right, n_left, n_right)
    order = np.argsort(left, kind="stable")
    degree = np.bincount(left, minlength=n_left)
    starts = np.concatenate([[0], np.cumsum(degree)])
    _Forest(matching, starts, right[order]).augment_all()
    _shorten(matching, left, right)
    return matching


def _greedy(left: Indices, right: Indices, n_left: int, n_right: int) -> Matching:
    """Match each edge that precedes all others of both its ends; repeat with the free vertices."""
    matching = Matching(np.full(n_left, FREE, np.int32), np.full(n_right, FREE, np.int32))
    first_left, first_right = np.empty(n_left, np.int32), np.empty(n_right, np.int32)
    while left.size:
        edges = np.arange(left.size, dtype=np.int32)
        # Written from last to first, so that the first edge of each vertex remains.
        first_left[left[::-1]] = edges[::-1]
        first_right[right[::-1]] = edges[::-1]
        chosen = np.flatnonzero((first_left[left] == edges) & (first_right[right] == edges))
        matching.left[left[chosen]] = right[chosen]
        matching.right[right[chosen]] = left[chosen]
        free = (matching.left[left] == FREE) & (matching.right[right] == FREE)
        left, right = left[free], right[free]
    return matching


def _shorten(matching: Matching, left: Indices, right: Indices) -> None:
    """Replace edges of the matching by earlier ones from one of their ends to a free vertex.

    The cardinality does not change. The result is close to the shortest maximum matching, which
    decides whether different annotators are matched with the same detected pixels.
    """
    edges = np.arange(left.size, dtype=np.int32)
    edge_of_left = np.full(matching.left.size, left.size, np.int32)  # a free vertex: past the end
    edge_of_right = np.full(matching.right.size, left.size, np.int32)
    matched = np.flatnonzero(matching.left[left] == right)
    edge_of_left[left[matched]] = edge_of_right[right[matched]] = matched
    while True:
        better = np.flatnonzero(edges < edge_of_left[left])
        better = better[better < edge_of_right[right[better]]]
        one_free = (edge_of_left[left[better]] == edges.size) != (
            edge_of_right[right[better]] == edges.size
        )
        chosen = _dominant(better[one_free], left, right)
        if not chosen.size:
            break
        mine, other = left[chosen], right[chosen]
        edge_of_right[matching.left[mine][matching.left[mine] != FREE]] = edges.size
        edge_of_left[matching.right[other][matching.right[other] != FREE]] = edges.size
        edge_of_left[mine] = edge_of_right[other] = chosen
        matching.left[edge_of_left == edges.size] = FREE
        matching.right[edge_of_right == edges.size] = FREE
        matching.left[mine], matching.right[other] = other, mine


def _dominant(edges: NDArray[np.intp], left: Indices, right: Indices) -> NDArray[np.intp]:
    """Those of `edges` (indices, ascending) that precede all others of both their ends."""
    _, first_left = np.unique(left[edges], return_index=True)
    _, first_right = np.unique(right[edges], return_index=True)
    return edges[np.intersect1d(first_left, first_right, assume_unique=True)]


class _Forest:
    """Alternating trees, one for each unmatched left vertex, without common vertices.

    A tree leads from its root over an edge to a right vertex, from there to the partner of that
    vertex on the left, and so on. If it reaches a free right vertex, exchanging the matched and
    unmatched edges on the path from the root adds one pair.
    """

    def __init__(self, matching: Matching, starts: NDArray[np.intp], neighbours: Indices) -> None:
        self.matching = matching
        self.starts = starts  # left vertex i has neighbours[starts[i]:starts[i + 1]]
        self.neighbours = neighbours
        n_left, n_right = matching.left.size, matching.right.size
        self.root_of_left = np.full(n_left, FREE, np.int32)
        self.root_of_right = np.full(n_right, FREE, np.int32)  # FREE: in no tree
        self.parent = np.empty(n_right, np.int32)
        self.leaf = np.full(n_left, FREE, np.int32)  # of a root: the free vertex it reached

    def augment_all(self) -> None:
        """Augment the matching until its cardinality is maximal."""
        degree = np.diff(self.starts)
        roots = np.flatnonzero((self.matching.left == FREE) & (degree > 0)).astype(np.int32)
        while roots.size:
            touches = self._grow(roots)
            self._augment(roots[self.leaf[roots] != FREE])
            roots = self._retire(roots, *touches)

    def _grow(self, roots: Indices) -> tuple[Indices, Indices]:
        """Grow the trees of `roots`; return the pairs of trees (touching, touched) that meet."""
        self.root_of_left[roots] = roots
        frontier, touching, touched = roots, [], []
        while frontier.size:
            source, target = self._edges_of(frontier)
            new = self.root_of_right[target] == FREE
            fresh_source, fresh = source[new], target[new]
            self.parent[fresh] = fresh_source  # the last of several writes remains
            self.root_of_right[fresh] = self.root_of_left[self.parent[fresh]]
            mine, other = self.root_of_left[source], self.root_of_right[target]
            foreign = mine != other
            touching.append(mine[foreign])
            touched.append(other[foreign])
            fresh = fresh[self.parent[fresh] == fresh_source]  # once each
            partners = self.matching.right[fresh]
            leaves = fresh[partners == FREE]
            self.leaf[self.root_of_right[leaves]] = leaves
            frontier = partners[partners != FREE]
            self.root_of_left[frontier] = self.root_of_right[fresh[partners != FREE]]
            frontier = frontier[self.leaf[self.root_of_left[frontier]] == FREE]
        return np.concatenate(touching), np.concatenate(touched)

    def _edges_of(self, vertices: Indices) -> tuple[Indices, Indices]:
        starts = self.starts[vertices]
        degree = self.starts[vertices + 1] - starts
        ends = np.cumsum(degree)
        position = np.arange(ends[-1]) + np.repeat(starts - ends + degree, degree)
        return np.repeat(vertices, degree), self.neighbours[position]

    def _augment(self, roots: Indices) -> None:
        """Exchange matched and unmatched edges on the paths from the leaves of `roots`."""
        right = self.leaf[roots]
        while right.size:
            left = self.parent[right]
            previous = self.matching.left[left]
            self.matching.left[left] = right
            self.matching.right[right] = left
            right = previous[previous != FREE]

    def _retire(self, roots: Indices, touching: Indices, touched: Indices) -> Indices:
        """Free the vertices of trees that may grow differently next time; return their roots.

        A tree that reached no free vertex and meets only such trees can never reach one. It keeps
        its vertices, and later trees end there.
        """
        changed = np.zeros(self.leaf.size, np.bool_)
        changed[roots[self.leaf[roots] != FREE]] = True
        self.leaf[roots] = FREE
        while True:
            spread = changed[touched] & ~changed[touching]
            if not spread.any():
                break
            changed[touching[spread]] = True
        in_tree = np.flatnonzero(self.root_of_right != FREE)
        released = in_tree[changed[self.root_of_right[in_tree]]]
        self.root_of_right[released] = FREE
        again: Indices = roots[changed[roots] & (self.matching.left[roots] == FREE)]
        return again
