"""Maximum matchings against a plain augmenting-path reference."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.boundaries.matching import FREE, Matching, maximum_matching


def reference_cardinality(edges: set[tuple[int, int]], n_left: int) -> int:
    """Kuhn's algorithm: one augmenting path after the other."""
    partner: dict[int, int] = {}

    def augment(i: int, seen: set[int]) -> bool:
        for a, j in edges:
            if a == i and j not in seen:
                seen.add(j)
                if j not in partner or augment(partner[j], seen):
                    partner[j] = i
                    return True
        return False

    return sum(augment(i, set()) for i in range(n_left))


def match(edges: list[tuple[int, int]], n_left: int, n_right: int) -> Matching:
    pairs = np.array(edges, np.int32).reshape(-1, 2)
    return maximum_matching(pairs[:, 0].copy(), pairs[:, 1].copy(), n_left, n_right)


def pairs_of(matching: Matching) -> list[tuple[int, int]]:
    return [(i, int(j)) for i, j in enumerate(matching.left) if j != FREE]


def graphs(side: int = 9) -> st.SearchStrategy[list[tuple[int, int]]]:
    vertex = st.integers(0, side - 1)
    return st.lists(st.tuples(vertex, vertex), unique=True, max_size=40)


@given(graphs())
def test_it_finds_as_many_pairs_as_the_reference(edges):
    assert len(pairs_of(match(edges, 9, 9))) == reference_cardinality(set(edges), 9)


@given(graphs())
def test_it_matches_only_along_edges_and_each_vertex_once(edges):
    matching = match(edges, 9, 9)
    pairs = pairs_of(matching)
    assert set(pairs) <= set(edges)
    assert len({j for _, j in pairs}) == len(pairs)
    assert all(matching.right[j] == i for i, j in pairs)
    assert np.count_nonzero(matching.right != FREE) == len(pairs)


@given(graphs(), st.permutations(range(9)))
def test_the_cardinality_does_not_depend_on_the_order_of_vertices(edges, names):
    renamed = [(names[i], j) for i, j in edges]
    assert len(pairs_of(match(edges, 9, 9))) == len(pairs_of(match(renamed, 9, 9)))


@given(graphs())
def test_the_cardinality_is_the_same_from_either_side(edges):
    turned = [(j, i) for i, j in edges]
    assert len(pairs_of(match(edges, 9, 9))) == len(pairs_of(match(turned, 9, 9)))


def test_it_undoes_greedy_choices_along_a_whole_chain():
    # The cheap edges i–(i + 1) leave 0 on the right and the last on the left alone.
    chain = 60
    cheap = [(i, i + 1) for i in range(chain - 1)]
    edges = cheap + [(i, i) for i in range(chain)]
    assert len(pairs_of(match(edges, chain, chain))) == chain


def test_it_prefers_early_edges():
    assert pairs_of(match([(0, 1), (0, 0)], 1, 2)) == [(0, 1)]


def test_it_shortens_the_matching_after_augmenting():
    # Greedy takes (0, 0); 1 can only have 0, so 0 must move: to its early edge (0, 2), not (0, 1).
    assert pairs_of(match([(0, 0), (0, 2), (0, 1), (1, 0)], 2, 3)) == [(0, 2), (1, 0)]


@pytest.mark.parametrize("sizes", [(0, 0), (3, 0), (0, 3), (2, 2)])
def test_it_matches_nothing_without_edges(sizes):
    matching = match([], *sizes)
    assert (matching.left.size, matching.right.size) == sizes
    assert pairs_of(matching) == []
