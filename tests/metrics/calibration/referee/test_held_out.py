"""Prediction of participants, methods, contents and styles that were left out."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm

from metrics.calibration.referee.held_out import either, predict, whole


def design(seed=0, votes=600, methods=5):
    rng = np.random.default_rng(seed)
    one = rng.integers(0, methods, votes)
    other = (one + rng.integers(0, methods, votes)) % methods  # some within one method
    x = rng.standard_normal((votes, 2))
    y = (rng.random(votes) < 1 / (1 + np.exp(-x @ [0.8, -0.3]))).astype(float)
    return one, other, x, y, rng.integers(0, 20, votes)


def loss(eta, y):
    return np.log1p(np.exp(-np.where(y == 1, eta, -eta)))


def test_a_method_is_predicted_by_votes_without_it():
    one, other, x, y, _ = design()
    found = predict(x, y, either(one, other, 0))
    expected = np.zeros((len(y), 2))
    for method in range(5):
        out = (one == method) | (other == method)
        beta = sm.Logit(y[~out], x[~out]).fit(disp=0).params
        for place, side in enumerate((one, other)):
            rows = side == method
            expected[rows, place] = loss(x[rows] @ beta, y[rows])
    np.testing.assert_allclose(found.loss, expected.mean(axis=1), atol=1e-7)


def test_participants_are_left_out_whole():
    _, _, x, y, people = design()
    split = whole(people, 0)
    assert split.folds == 10
    found = predict(x, y, split)
    for fold in range(10):
        out = split.tested[:, 0] == fold
        assert not set(people[out]) & set(people[~out])
        beta = sm.Logit(y[~out], x[~out]).fit(disp=0).params
        np.testing.assert_allclose(found.loss[out], loss(x[out] @ beta, y[out]), atol=1e-7)


def test_missing_differences_neither_train_nor_are_predicted():
    one, other, x, y, _ = design()
    holes = x.copy()
    holes[::4, 1] = np.nan
    there = np.isfinite(holes).all(axis=1)
    found = predict(holes, y, either(one, other, 0))
    assert np.isnan(found.loss[~there]).all()
    without = predict(x[there], y[there], either(one[there], other[there], 0))
    np.testing.assert_allclose(found.loss[there], without.loss, atol=1e-9)


def test_turning_votes_around_changes_nothing():
    one, other, x, y, _ = design()
    turn = np.random.default_rng(1).random(len(y)) < 0.5
    sign = np.where(turn, -1.0, 1.0)
    sides = np.where(turn, other, one), np.where(turn, one, other)
    turned = predict(x * sign[:, None], np.where(turn, 1 - y, y), either(*sides, 0))
    np.testing.assert_allclose(turned.loss, predict(x, y, either(one, other, 0)).loss, atol=1e-9)


def test_two_methods_leave_nothing_to_fit_to():
    one = np.zeros(40, dtype=int)
    found = predict(np.ones((40, 1)), np.ones(40), either(one, one + 1, 0))
    assert np.isnan(found.loss).all()
    assert np.isnan(found.right).all()


def test_many_levels_are_left_out_in_parts():
    rng = np.random.default_rng(0)
    one = rng.integers(0, 300, 900)
    split = either(one, one, 0)
    assert split.folds == 50
    assert (split.tested[:, 0] == split.tested[:, 1]).all()


def test_one_level_cannot_be_left_out():
    assert either(np.zeros(9, dtype=int), np.zeros(9, dtype=int), 0) is None
    assert whole(np.zeros(9, dtype=int), 0) is None


def test_separated_votes_are_predicted_with_finite_odds():
    people = np.arange(60) % 12
    x = np.where(np.arange(60) % 2, 1.0, -1.0)[:, None]
    found = predict(x, (x[:, 0] > 0).astype(float), whole(people, 0))
    assert np.isfinite(found.log_odds).all()
    assert found.right == pytest.approx(1)
