"""Properties of pair designs for every set of blocks and every seed."""

from __future__ import annotations

from collections import Counter
from itertools import islice

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from studies.design import DESIGNS, Item, blocks_of, schedule
from studies.design.connection import components, unconnected_blocks
from studies.design.round_robin import rounds_of
from studies.design.rule import count_pairs, nth_pair

sizes = st.lists(st.integers(2, 9), min_size=1, max_size=6)
seeds = st.integers(0, 2**32 - 1)


def blocks_with(sizes: list[int]) -> list[tuple[int, ...]]:
    edges = np.cumsum([0, *sizes])
    return [tuple(range(int(a), int(b))) for a, b in zip(edges, edges[1:], strict=False)]


@given(sizes, seeds, st.integers(0, 200), st.sampled_from(sorted(DESIGNS)))
def test_it_never_lists_a_pair_twice_nor_a_pair_across_blocks(sizes, seed, wanted, name):
    blocks = blocks_with(sizes)
    pairs = DESIGNS[name].pairs(blocks, wanted, 0, np.random.default_rng(seed))
    assert len(set(pairs)) == len(pairs)
    block_of = {key: block for block in blocks for key in block}
    assert all(one < two and block_of[one] == block_of[two] for one, two in pairs)


@given(sizes, seeds, st.integers(0, 200))
def test_every_stimulus_meets_equally_many_others(sizes, seed, wanted):
    blocks = blocks_with(sizes)
    pairs = DESIGNS["balanced"].pairs(blocks, wanted, 0, np.random.default_rng(seed))
    met = Counter(key for pair in pairs for key in pair)
    for block in blocks:
        counts = [met[key] for key in block]
        assert max(counts) - min(counts) <= 1
    assert not unconnected_blocks(blocks, pairs)


@given(sizes, seeds, st.integers(1, 200))
def test_it_chooses_no_more_pairs_than_are_wanted_unless_connection_needs_them(sizes, seed, wanted):
    blocks = blocks_with(sizes)
    pairs = DESIGNS["balanced"].pairs(blocks, wanted, 0, np.random.default_rng(seed))
    least = sum(min(len(b), 2 * (len(b) // 2), count_pairs([b])) for b in blocks)
    assert len(pairs) <= max(wanted, least)


@given(sizes, seeds, st.integers(0, 60), st.sampled_from(sorted(DESIGNS)))
def test_it_chooses_at_least_as_many_pairs_as_one_person_needs(sizes, seed, least, name):
    blocks = blocks_with(sizes)
    pairs = DESIGNS[name].pairs(blocks, 1, least, np.random.default_rng(seed))
    assert len(pairs) >= min(least, count_pairs(blocks))


@given(sizes, seeds)
def test_it_lists_every_pair_in_the_full_design(sizes, seed):
    blocks = blocks_with(sizes)
    pairs = DESIGNS["full"].pairs(blocks, 1, 0, np.random.default_rng(seed))
    assert len(pairs) == count_pairs(blocks)


@given(sizes)
def test_it_numbers_all_pairs_without_gaps(sizes):
    blocks = blocks_with(sizes)
    total = count_pairs(blocks)
    assert len({nth_pair(blocks, number) for number in range(total)}) == total


def test_it_numbers_pairs_of_large_blocks_exactly():
    block = tuple(range(1000))
    assert nth_pair([block], 0) == (0, 1)
    assert nth_pair([block], 499_499) == (998, 999)


@given(st.integers(2, 30), seeds)
def test_it_connects_a_block_by_any_two_neighbouring_rounds(size, seed):
    block = tuple(range(size))
    rounds = list(rounds_of(block, np.random.default_rng(seed)))
    for first, second in zip(rounds, rounds[1:], strict=False):
        assert not unconnected_blocks([block], first + second)


@given(sizes, seeds, st.integers(1, 300), st.sampled_from(sorted(DESIGNS)))
def test_it_balances_votes_and_sides_of_every_pair(sizes, seed, votes, name):
    generator = np.random.default_rng(seed)
    blocks = blocks_with(sizes)
    pairs = DESIGNS[name].pairs(blocks, 20, 0, generator)
    plan = list(islice(schedule(pairs, generator), votes))
    assert len(plan) == votes
    planned = Counter(wanted.pair for wanted in plan)
    left = Counter(wanted.pair for wanted in plan if wanted.lower_on_left)
    for pair in pairs:
        assert planned[pair] in (votes // len(pairs), -(-votes // len(pairs)))
        assert abs(2 * left[pair] - planned[pair]) <= 1
    assert abs(2 * left.total() - votes) <= 2


def test_it_repeats_itself_with_the_same_seed():
    plans = [
        list(islice(schedule(DESIGNS["balanced"].pairs([(1, 2, 3, 4)], 4, 0, g), g), 30))
        for g in (np.random.default_rng(5), np.random.default_rng(5), np.random.default_rng(6))
    ]
    assert plans[0] == plans[1]
    assert plans[0] != plans[2]


def test_without_pairs_there_are_no_planned_votes():
    assert list(schedule([], np.random.default_rng(0))) == []


def test_stimuli_share_both_pictures_or_the_reference_alone():
    items = [
        Item(1, reference=1, other="a"),
        Item(2, reference=1, other="b"),
        Item(3, reference=1, other="a"),
        Item(4, reference=2, other="a"),
        Item(5, reference=1, other="b"),
    ]
    assert blocks_of(items) == [(1, 3), (2, 5)]
    assert blocks_of(items, across=True) == [(1, 2, 3, 5)]


@pytest.mark.parametrize(
    ("pairs", "expected"),
    [([(1, 2), (3, 4)], [["a", "b"], ["c"]]), ([(1, 2), (2, 3)], [["a", "b", "c"]])],
)
def test_it_names_methods_that_no_pair_joins(pairs, expected):
    method_of = {1: "a", 2: "b", 3: "c", 4: "c"}
    assert sorted(components(pairs, method_of)) == expected
