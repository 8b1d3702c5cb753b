"""Errors of means over votes that share participants or stimuli."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm
from scipy.stats import t as student

from metrics.calibration.goodness import error_of_mean
from metrics.calibration.referee.errors import (
    Clusters,
    Draws,
    expanded_tails,
    influence,
    standard_errors,
    wide_intervals,
)


def clusters(rng, votes=60, people=12, stimuli=15):
    one = rng.integers(0, stimuli, votes)
    other = (one + rng.integers(1, stimuli, votes)) % stimuli
    return Clusters(rng.permutation(np.arange(votes) % people), one, other)


def test_joint_covariance_is_the_sum_over_pairs_of_votes_that_share_anything():
    rng = np.random.default_rng(0)
    votes = clusters(rng)
    effect = rng.standard_normal((60, 3))
    by_people, by_stimuli, both = votes.covariances(effect)
    expected = np.zeros((3, 3, 3))
    ends = [{a, b} for a, b in zip(votes.one, votes.other, strict=True)]
    for i in range(60):
        for j in range(60):
            product = np.outer(effect[i], effect[j])
            person, picture = votes.people[i] == votes.people[j], bool(ends[i] & ends[j])
            expected[0] += person * product
            expected[1] += picture * product
            expected[2] += (person and picture) * product
    people, stimuli = 12 / 11, 15 / 14
    np.testing.assert_allclose(by_people, expected[0] * people, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(by_stimuli, expected[1] * stimuli, rtol=1e-9, atol=1e-12)
    joint = expected[0] * people + expected[1] * stimuli - expected[2]
    np.testing.assert_allclose(both, joint, rtol=1e-9, atol=1e-12)


def test_errors_over_people_are_those_of_clustered_means():
    rng = np.random.default_rng(1)
    votes = clusters(rng, votes=400, people=20)
    values = (rng.random(400) < 0.6).astype(float)
    _, effect = influence(values[:, None])
    by_people = votes.covariances(effect)[0]
    assert np.sqrt(by_people[0, 0]) == pytest.approx(error_of_mean(values, votes.people))


def test_no_error_is_smaller_than_that_of_participants_alone():
    rng = np.random.default_rng(2)
    for _ in range(20):
        votes = clusters(rng)
        _, effect = influence(rng.standard_normal((60, 2)))
        errors, joint = standard_errors(votes, effect)
        assert (errors**2 >= np.diag(votes.covariances(effect)[0]) - 1e-15).all()
        assert np.linalg.eigvalsh(joint)[0] >= -1e-12


def test_missing_values_leave_the_mean_and_its_error_to_the_others():
    rng = np.random.default_rng(3)
    votes = clusters(rng, votes=300, people=15)
    values = rng.standard_normal(300)
    holes = values.copy()
    holes[::3] = np.nan
    rows = np.isfinite(holes)
    mean, effect = influence(holes[:, None])
    assert mean[0] == pytest.approx(values[rows].mean())
    part, whole = votes.part(rows), influence(values[rows, None])[1]
    assert standard_errors(votes, effect)[0] == pytest.approx(standard_errors(part, whole)[0])


def test_expanded_quantiles_give_students_interval_of_a_normal_mean():
    # Resampled means of n normal values have the deviation √((n − 1)/n) · s/√n.
    low, high = expanded_tails(12.0)
    reach = norm.ppf(high) * np.sqrt(11 / 12)
    assert reach == pytest.approx(student.ppf(0.975, 11))
    assert low == pytest.approx(1 - high)
    assert expanded_tails(1e7) == pytest.approx([0.025, 0.975], abs=1e-5)


def test_person_draws_agree_with_the_clustered_error():
    rng = np.random.default_rng(4)
    votes = clusters(rng, votes=2000, people=40, stimuli=200)
    values = (rng.random(2000) < 0.4 + 0.4 * rng.random(40)[votes.people]).astype(float)
    ((low, high),) = Draws.of(votes, 4000, 0).intervals(values[:, None])
    width = student.ppf(0.975, 39) * error_of_mean(values, votes.people)
    assert high - low == pytest.approx(2 * width, rel=0.06)
    assert (low + high) / 2 == pytest.approx(values.mean(), abs=0.1 * width)


@pytest.mark.parametrize("people", [1, 4, 9])
def test_few_people_have_no_interval_and_it_says_why(people):
    rng = np.random.default_rng(5)
    votes = clusters(rng, votes=90, people=people)
    values = rng.random((90, 1))
    assert f"come from {people} participant" in votes.obstacle
    assert np.isnan(Draws.of(votes, 100, 0).intervals(values)).all()
    assert np.isnan(wide_intervals(votes, values.mean(0), np.array([0.1]))).all()


def test_one_person_with_most_votes_counts_as_few():
    people = np.concatenate([np.zeros(900, dtype=int), np.arange(1, 31)])
    assert Clusters(people, people * 0, people * 0 + 1).obstacle
