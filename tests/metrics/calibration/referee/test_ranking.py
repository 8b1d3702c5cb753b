"""Ranks with ties, and the procedure that controls the family-wise error."""

from __future__ import annotations

import numpy as np
import pytest

from metrics.calibration.referee.ranking import null_draws, pairs_of, rank, step_down


def pair_errors(covariance):
    contrasts = pairs_of(len(covariance))[2]
    return np.sqrt(((contrasts @ covariance) * contrasts).sum(axis=1))


def test_step_down_is_westfall_and_youngs_algorithm():
    rng = np.random.default_rng(0)
    tests, nulls = rng.standard_normal(6) + 1, rng.standard_normal((500, 6))
    expected, last = np.empty(6), 0.0
    left = list(np.argsort(-tests))
    while left:  # written as the textbook does: one hypothesis after the other
        first = left[0]
        p = (1 + (nulls[:, left].max(axis=1) >= tests[first]).sum()) / 501
        last = max(last, p)
        expected[first] = last
        left = left[1:]
    np.testing.assert_allclose(step_down(tests, nulls), expected)


def test_equal_statistics_are_called_different_in_at_most_five_of_a_hundred_studies():
    rng = np.random.default_rng(1)
    root = rng.standard_normal((6, 6)) * 0.02
    covariance = root @ root.T + 1e-4 * np.eye(6)
    errors = pair_errors(covariance)
    wrong = 0
    for study in range(400):
        mean = 0.6 + np.linalg.cholesky(covariance) @ rng.standard_normal(6)
        found = rank(mean, errors, covariance, df=1e6, seed=study)
        wrong += bool((found.p[np.triu_indices(6, 1)] <= 0.05).any())
    assert wrong / 400 <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 400)


def test_true_ranks_lie_within_their_bounds_together():
    rng = np.random.default_rng(2)
    truth = np.array([0.70, 0.66, 0.66, 0.60, 0.50])
    covariance = np.full((5, 5), 0.5e-4) + 1.0e-4 * np.eye(5)
    errors, covered = pair_errors(covariance), 0
    low = 1 + (truth[:, None] < truth[None, :]).sum(axis=1)  # ties may have any rank among them
    high = 5 - (truth[:, None] > truth[None, :]).sum(axis=1)
    for study in range(300):
        mean = truth + np.linalg.cholesky(covariance) @ rng.standard_normal(5)
        found = rank(mean, errors, covariance, df=1e6, seed=study)
        covered += bool(((found.best <= low) & (high <= found.worst)).all())
    assert covered / 300 >= 0.95 - 3 * np.sqrt(0.05 * 0.95 / 300)


def test_clear_differences_give_ranks_and_groups():
    covariance = 1e-6 * np.eye(4)
    found = rank(np.array([0.5, 0.8, 0.8001, 0.6]), pair_errors(covariance), covariance, 30)
    assert found.best.tolist() == [4, 1, 1, 3]
    assert found.worst.tolist() == [4, 2, 2, 3]
    assert found.group.tolist() == [3, 1, 1, 2]


def test_statistics_that_agree_on_every_vote_tie():
    covariance = np.full((2, 2), 1e-4)
    found = rank(np.array([0.7, 0.7]), np.zeros(1), covariance, 30)
    assert found.best.tolist() == [1, 1]
    assert found.group.tolist() == [1, 1]
    assert found.p.min() == 1


def test_a_single_statistic_has_rank_one():
    found = rank(np.array([0.7]), np.zeros(0), np.full((1, 1), 1e-4), 30)
    assert (found.best[0], found.worst[0], found.group[0]) == (1, 1, 1)


def test_draws_have_the_covariance():
    covariance = np.array([[2.0, 0.6], [0.6, 0.5]])
    assert np.cov(null_draws(covariance, 1e9, 0).T) == pytest.approx(covariance, rel=0.06)
