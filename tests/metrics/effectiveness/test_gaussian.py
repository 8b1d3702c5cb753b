"""The Gaussians of features and their divergence, against formulas in numpy."""

from __future__ import annotations

import math

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.distributions import MultivariateNormal, kl_divergence

from metrics.effectiveness.gaussian import (
    LEAST_RATIO,
    NOISE,
    Gaussian,
    divergence,
    fit,
    numerical_rank,
)


def some_features(seed: int, n: int = 1, channels: int = 5, side: int = 9) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    mixing = torch.randn(channels, channels, generator=generator)
    noise = torch.randn(n, channels, side * side, generator=generator)
    return (mixing @ noise + torch.randn(channels, 1, generator=generator)).reshape(
        n, channels, side, side
    )


@given(seed=st.integers(0, 10_000))
def test_it_agrees_with_numpy(seed: int) -> None:
    features = some_features(seed, n=2)
    fitted = fit(features)
    for one, mean, covariance in zip(features, fitted.mean, fitted.covariance, strict=True):
        rows = one.numpy().reshape(5, -1).astype(np.float64)
        assert np.allclose(mean, rows.mean(1), rtol=0, atol=1e-12)
        assert np.allclose(covariance, np.cov(rows, bias=True), rtol=0, atol=1e-12)
    assert fitted.positions == 81


@given(seed=st.integers(0, 10_000))
def test_it_does_not_depend_on_positions(seed: int) -> None:
    features = some_features(seed)
    order = torch.randperm(81, generator=torch.Generator().manual_seed(seed))
    moved = features.flatten(2)[:, :, order].reshape(features.shape)
    assert torch.allclose(fit(features).covariance, fit(moved).covariance, atol=1e-12)
    assert torch.allclose(fit(features).mean, fit(moved).mean, atol=1e-12)


def test_it_leaves_float64_features_as_they_are() -> None:
    features = some_features(0).double()
    before = features.clone()
    fit(features)
    assert torch.equal(features, before)


@given(seed=st.integers(0, 10_000))
def test_it_gives_the_divergence_of_torch_distributions(seed: int) -> None:
    first, second = fit(some_features(seed)), fit(some_features(seed + 1))
    computed, singular = divergence(first, second)
    expected = kl_divergence(
        MultivariateNormal(first.mean, first.covariance),
        MultivariateNormal(second.mean, second.covariance),
    )
    assert math.isclose(float(computed), float(expected), rel_tol=1e-9)
    assert not singular.any()


@given(seed=st.integers(0, 10_000))
def test_the_divergence_does_not_change_with_the_coordinates(seed: int) -> None:
    first, second = fit(some_features(seed)), fit(some_features(seed + 1))
    turn, _ = torch.linalg.qr(some_features(seed + 2)[0, :, 0, :5].double())
    computed, _ = divergence(first, second)
    turned, _ = divergence(first.project(turn), second.project(turn))
    assert math.isclose(float(computed), float(turned), rel_tol=1e-8)


def test_the_divergence_has_a_direction() -> None:
    narrow = Gaussian(torch.zeros(1, 1).double(), torch.full((1, 1, 1), 1.0).double(), 100)
    wide = Gaussian(torch.zeros(1, 1).double(), torch.full((1, 1, 1), 4.0).double(), 100)
    # ½ (w − 1 − ln w) with w = 1/4 and with w = 4.
    assert math.isclose(float(divergence(narrow, wide)[0]), (0.25 - 1 + math.log(4)) / 2)
    assert math.isclose(float(divergence(wide, narrow)[0]), (4 - 1 - math.log(4)) / 2)


def test_many_are_measured_as_one_by_one() -> None:
    batch, style = some_features(3, n=4), fit(some_features(9))
    together, _ = divergence(fit(batch), style)
    alone = torch.cat([divergence(fit(one[None]), style)[0] for one in batch])
    assert torch.allclose(together, alone, rtol=1e-12, atol=0)


def test_a_first_gaussian_without_variance_has_a_large_finite_divergence() -> None:
    style = fit(some_features(1))
    flat = Gaussian(style.mean, torch.zeros_like(style.covariance), 81)
    value, singular = divergence(flat, style)
    assert singular.all()
    assert math.isclose(float(value), 5 * (LEAST_RATIO - 1 - math.log(LEAST_RATIO)) / 2)
    assert float(value) > float(divergence(fit(some_features(2)), style)[0])


def test_the_rank_is_that_of_the_leading_block() -> None:
    covariance = torch.diag(torch.tensor([4.0, 2.0, 0.0, 1.0])).double()
    assert numerical_rank(covariance, 7.0) == 2
    assert numerical_rank(covariance[:2, :2], 7.0) == 2
    assert numerical_rank(torch.zeros(3, 3).double(), 0.0) == 0


def test_the_rank_stops_at_what_is_noise() -> None:
    for variance, rank in ((2 * NOISE, 3), (NOISE / 2, 2)):
        covariance = torch.diag(torch.tensor([1.0, 1.0, 2 * variance], dtype=torch.float64))
        assert numerical_rank(covariance, 2.0) == rank


@given(channels=st.integers(2, 40), positions=st.integers(2, 40), seed=st.integers(0, 1000))
def test_the_rank_is_less_than_the_number_of_positions(
    channels: int, positions: int, seed: int
) -> None:
    generator = torch.Generator().manual_seed(seed)
    fitted = fit(torch.randn(1, channels, 1, positions, generator=generator))
    rank = numerical_rank(fitted.covariance[0], float(fitted.mean_square()[0]))
    assert rank <= min(channels, positions - 1)
    assert rank == channels or positions < 3 * channels
