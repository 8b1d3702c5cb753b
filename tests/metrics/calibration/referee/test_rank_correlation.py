"""Bradley-Terry abilities and rank correlations within references; similarity of statistics."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.optimize import minimize
from scipy.stats import spearmanr

from metrics.calibration.referee.rank_correlation import (
    Unit,
    bradley_terry,
    kendall,
    spearman,
    within_references,
)
from metrics.calibration.referee.similarity import similarity

WIKIPEDIA = np.array([[0, 2, 0, 1], [3, 0, 5, 0], [0, 3, 0, 1], [4, 0, 3, 0]], dtype=float)
"""Row beat column (Wikipedia, "Bradley-Terry model", worked example)."""


def test_abilities_without_a_prior_are_the_published_ones():
    # p = 0.640, 1.043, 0.660, 2.270, whose geometric mean is 1.
    found = np.exp(bradley_terry(WIKIPEDIA, prior=1e6))
    assert found == pytest.approx([0.640, 1.043, 0.660, 2.270], abs=1e-3)


def test_abilities_with_a_prior_are_the_maximum_that_another_optimiser_finds():
    wins = np.array([[0, 9, 3], [0, 0, 2], [1, 0.5, 0]])  # the first never lost to the second

    def objective(ability):
        gap = ability[:, None] - ability[None, :]
        return (wins * np.logaddexp(0, -gap)).sum() + 0.5 * (ability**2).sum() / 9

    expected = minimize(objective, np.zeros(3), tol=1e-12).x
    assert bradley_terry(wins) == pytest.approx(expected - expected.mean(), abs=1e-5)


def test_a_stimulus_that_always_won_has_a_finite_ability_above_the_rest():
    wins = np.zeros((5, 5))
    wins[0, 1:] = 20
    wins[1, 2:], wins[2, 3:] = 1, 1
    found = bradley_terry(wins)
    assert np.isfinite(found).all()
    assert found.argmax() == 0


def test_correlations_are_averaged_over_references():
    units = [Unit(np.arange(4) + 4 * k, np.arange(4.0)) for k in range(5)]
    score = np.tile([0.0, 1.0, 2.0, 3.0], 5)
    score[4:8] = score[4:8][::-1]
    found = within_references(units, score)
    assert found["spearman"].mean == pytest.approx(3 / 5)
    assert found["kendall"].references == 5
    low, high = found["spearman"].interval
    assert low < 0.6 < high <= 1


def test_a_constant_statistic_has_no_correlation_and_it_says_why():
    units = [Unit(np.arange(4), np.arange(4.0))]
    assert "does not vary" in within_references(units, np.ones(4))
    assert "no reference has 4" in within_references([], np.ones(4))
    assert np.isnan(kendall(np.ones(3), np.arange(3.0)))
    assert np.isnan(spearman(np.ones(3), np.arange(3.0)))


numbers = st.integers(-3, 3).map(float)


@settings(max_examples=60, deadline=None)
@given(arrays(float, st.tuples(st.integers(2, 30), st.just(2)), elements=numbers))
def test_similarity_is_spearmans_of_votes_taken_both_ways_round(x):
    both = np.vstack([x, -x])
    found = similarity(x).correlation[0, 1]
    if (x == 0).all(axis=0).any():
        assert np.isnan(found)
    else:
        assert found == pytest.approx(spearmanr(both[:, 0], both[:, 1]).statistic, abs=1e-12)


def test_kin_stand_beside_each_other():
    rng = np.random.default_rng(0)
    base = rng.standard_normal((400, 2))
    x = np.column_stack([base[:, k % 2] + 0.2 * rng.standard_normal(400) for k in range(6)])
    order = similarity(x).order.tolist()
    assert {k % 2 for k in order[:3]} in ({0}, {1})
