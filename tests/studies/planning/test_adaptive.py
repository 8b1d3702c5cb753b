"""Adaptive rules, Swiss rounds and active sampling: properties, and independent computations of the
same numbers."""

from __future__ import annotations

import time
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import trapezoid
from scipy.optimize import minimize
from scipy.special import log_ndtr, ndtr
from scipy.stats import norm

from studies.design import DESIGNS
from studies.design.connection import unconnected_blocks
from studies.design.gain import information_gain
from studies.design.posterior import PRIOR_VARIANCE, posterior
from studies.design.rule import count_pairs, nth_pair
from tests.studies.design.test_design import blocks_with, seeds, sizes

ADAPTIVE = sorted(name for name, rule in DESIGNS.items() if rule.follows_votes)


def votes_on(blocks, seed, count):
    """Random votes on random pairs."""
    generator = np.random.default_rng(seed)
    wins = {}
    for number in generator.integers(count_pairs(blocks), size=count):
        pair = nth_pair(blocks, int(number))
        first, second = wins.get(pair, (0.0, 0.0))
        share = float(generator.choice([0, 0.5, 1]))
        wins[pair] = (first + share, second + 1 - share)
    return wins


def test_it_offers_swiss_and_active_sampling_beside_the_fixed_rules():
    assert set(DESIGNS) == {"balanced", "full", "random", "swiss", "asap"}
    assert ADAPTIVE == ["asap", "swiss"]


@given(sizes, seeds, st.integers(0, 60), st.sampled_from(ADAPTIVE))
def test_it_asks_distinct_pairs_within_blocks(sizes, seed, votes, name):
    blocks = blocks_with(sizes)
    wins = votes_on(blocks, seed, votes)
    pairs = DESIGNS[name].next_round(blocks, wins, np.random.default_rng(seed))
    block_of = {key: block for block in blocks for key in block}
    assert len(set(pairs)) == len(pairs)
    assert all(one < two and block_of[one] == block_of[two] for one, two in pairs)


@given(sizes, seeds, st.integers(0, 60))
def test_every_stimulus_is_in_one_pair_of_a_swiss_round(sizes, seed, votes):
    blocks = blocks_with(sizes)
    wins = votes_on(blocks, seed, votes)
    pairs = DESIGNS["swiss"].next_round(blocks, wins, np.random.default_rng(seed))
    met = Counter(key for pair in pairs for key in pair)
    played = Counter()
    for (one, two), both in wins.items():
        played.update({one: sum(both), two: sum(both)})
    for block in blocks:
        out = [key for key in block if not met[key]]
        assert max(met[key] for key in block) == 1
        assert len(out) == len(block) % 2
        assert all(played[key] == max(played[other] for other in block) for key in out)


def test_a_swiss_round_pairs_similar_scores_and_repeats_no_pair_early():
    swiss = DESIGNS["swiss"].next_round
    block = [(1, 2, 3, 4)]
    first = {(1, 2): (1, 0), (3, 4): (0, 1)}
    second = set(swiss(block, first, np.random.default_rng(0)))
    assert second == {(1, 4), (2, 3)}
    third = set(swiss(block, first | {(1, 4): (1, 0), (2, 3): (1, 0)}, np.random.default_rng(0)))
    assert third == {(1, 3), (2, 4)}


@given(sizes, seeds, st.integers(0, 60))
def test_it_connects_every_block_in_every_batch_of_active_sampling(sizes, seed, votes):
    blocks = blocks_with(sizes)
    pairs = DESIGNS["asap"].next_round(
        blocks, votes_on(blocks, seed, votes), np.random.default_rng(seed)
    )
    assert len(pairs) == sum(len(block) - 1 for block in blocks)
    assert not unconnected_blocks(blocks, pairs)


@given(st.floats(-4, 4), st.floats(0.01, 3))
def test_the_expected_gain_agrees_with_quadrature(mean, variance):
    """Moments of d given each answer by quadrature, then the divergence of two Gaussians."""
    sd, expected = np.sqrt(variance), 0.0
    d = np.linspace(mean - 10 * sd, mean + 10 * sd, 20_001)
    for sign in (1, -1):
        density = np.exp(-(((d - mean) / sd) ** 2) / 2) / np.sqrt(2 * np.pi) / sd * ndtr(sign * d)
        chance, first, second = (trapezoid(d**power * density, d) for power in (0, 1, 2))
        after = first / chance
        ratio = (second / chance - after**2) / variance
        divergence = (ratio - 1 - np.log(ratio) + (after - mean) ** 2 / variance) / 2
        expected += chance * divergence
    got = information_gain(np.array(mean), np.array(variance))
    assert got == pytest.approx(expected, rel=1e-4, abs=1e-9)


@given(seeds)
def test_the_gain_of_a_difference_is_that_of_all_qualities(seed):
    """The divergence of both n-dimensional posteriors, matrices and all, for one answer."""
    generator = np.random.default_rng(seed)
    root = generator.normal(size=(4, 4))
    covariance, mean = root @ root.T + 0.1 * np.eye(4), generator.normal(size=4)
    way = np.array([1.0, -1.0, 0, 0])
    m, v = way @ mean, way @ covariance @ way
    c = np.sqrt(1 + v)
    total = 0.0
    for sign in (1, -1):
        t = sign * m / c
        hazard = norm.pdf(t) / norm.cdf(t)
        gain = covariance @ way / c
        after_mean = mean + sign * gain * hazard
        after = covariance - np.outer(gain, gain) * hazard * (hazard + t)
        inverse = np.linalg.inv(covariance)
        moved = after_mean - mean
        divergence = (
            np.trace(inverse @ after)
            - 4
            + moved @ inverse @ moved
            + np.linalg.slogdet(covariance)[1]
            - np.linalg.slogdet(after)[1]
        ) / 2
        total += norm.cdf(t) * divergence
    assert information_gain(np.array(m), np.array(v)) == pytest.approx(total, rel=1e-6)


def test_it_gains_most_where_least_is_known():
    certain, open_ = information_gain(np.array([3.0, 0.0]), np.array([0.5, 0.5]))
    assert open_ > certain
    narrow, wide = information_gain(np.zeros(2), np.array([0.1, 1.0]))
    assert wide > narrow


@given(seeds)
def test_it_finds_the_most_probable_qualities_and_their_curvature(seed):
    block = (3, 5, 8, 9)
    wins = votes_on([block], seed, 25)
    found = posterior(block, wins)
    place = {key: number for number, key in enumerate(block)}

    def cost(quality):
        total = quality @ quality / (2 * PRIOR_VARIANCE)
        for (one, two), (for_one, for_two) in wins.items():
            d = quality[place[one]] - quality[place[two]]
            total -= for_one * log_ndtr(d) + for_two * log_ndtr(-d)
        return total

    best = minimize(cost, np.zeros(4), tol=1e-12)
    assert found.mean == pytest.approx(best.x, abs=1e-4)
    step = 1e-3
    numeric = np.empty((4, 4))
    for i in range(4):
        for j in range(4):
            e, f = step * np.eye(4)[i], step * np.eye(4)[j]
            x = found.mean
            numeric[i, j] = (
                cost(x + e + f) - cost(x + e - f) - cost(x - e + f) + cost(x - e - f)
            ) / (4 * step**2)
    assert np.linalg.inv(found.covariance) == pytest.approx(numeric, abs=1e-3)


def test_active_sampling_asks_about_uncertain_pairs():
    # Two groups far apart, known from many votes: within the groups nothing is known.
    block = (1, 2, 3, 4)
    wins = {(1, 3): (40.0, 0.0), (1, 4): (40.0, 0.0), (2, 3): (40.0, 0.0), (2, 4): (40.0, 0.0)}
    pairs = DESIGNS["asap"].next_round([block], wins, np.random.default_rng(1))
    assert {(1, 2), (3, 4)} < set(pairs)


@pytest.mark.parametrize("name", ADAPTIVE)
def test_it_orders_stimuli_with_fewer_votes_than_pairs_at_random(name):
    """Measured by the rank correlation with the truth after three votes a stimulus."""

    def correlation(rule, seed):
        generator = np.random.default_rng(seed)
        block = tuple(range(16))
        truth = generator.normal(size=16) * 1.5
        wins = {}
        for _ in range(8):
            if rule == "random":
                numbers = generator.choice(count_pairs([block]), size=8, replace=False)
                pairs = [nth_pair([block], int(number)) for number in numbers]
            else:
                pairs = DESIGNS[rule].next_round([block], wins, generator)[:8]
            for one, two in pairs:
                first, second = wins.get((one, two), (0.0, 0.0))
                better = generator.random() < norm.cdf(truth[one] - truth[two])
                wins[one, two] = (first + better, second + 1 - better)
        ranks = [np.argsort(np.argsort(values)) for values in (truth, posterior(block, wins).mean)]
        return np.corrcoef(ranks[0], ranks[1])[0, 1]

    ours = np.mean([correlation(name, seed) for seed in range(25)])
    assert ours > np.mean([correlation("random", seed) for seed in range(25)])


@pytest.mark.parametrize("name", ADAPTIVE)
def test_it_plans_a_round_of_a_thousand_stimuli_in_seconds(name):
    block = tuple(range(1000))
    wins = votes_on([block], 1, 5000)
    began = time.process_time()
    pairs = DESIGNS[name].next_round([block], wins, np.random.default_rng(0))
    assert time.process_time() - began < 60
    assert len(pairs) == {"asap": 999, "swiss": 500}[name]
