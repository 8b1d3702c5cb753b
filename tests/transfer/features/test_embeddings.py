from __future__ import annotations

import pytest
import torch

from transfer.features import embeddings
from transfer.features.discrepancy import biased
from transfer.features.embeddings import (
    batch_norm,
    gaussian,
    linear,
    mean_squared_distance,
    polynomial,
)
from transfer.features.kernels import Gaussian, Linear, Polynomial


def maps(seed: int, shift: float = 0.0, *size: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    shape = (2, 6, *(size or (8, 9)))
    return torch.relu(torch.randn(*shape, generator=generator, dtype=torch.float64) + shift)


def places(features: torch.Tensor) -> torch.Tensor:
    return features.flatten(2).transpose(1, 2)


def squared(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    return (a - b).square().sum(dim=1)


X, Y = maps(0), maps(1, 0.7, 7, 6)


def test_the_linear_embedding_is_exact() -> None:
    torch.testing.assert_close(
        squared(linear(X), linear(Y)), biased(Linear(), places(X), places(Y))
    )


@pytest.mark.parametrize(("offset", "degree"), [(0.0, 1), (2.0, 1), (0.0, 2), (0.8, 2)])
def test_polynomials_up_to_degree_two_are_exact(offset: float, degree: int) -> None:
    found = squared(polynomial(X, offset, degree), polynomial(Y, offset, degree))
    torch.testing.assert_close(found, biased(Polynomial(offset, degree), places(X), places(Y)))


@pytest.mark.parametrize("offset", [0.0, 1.0])
@pytest.mark.parametrize("degree", [3, 4])
def test_higher_polynomials_are_close(offset: float, degree: int) -> None:
    found = squared(polynomial(X, offset, degree), polynomial(Y, offset, degree))
    exact = biased(Polynomial(offset, degree), places(X), places(Y))
    torch.testing.assert_close(found, exact, rtol=0.25, atol=0)


def test_the_gaussian_embedding_is_close() -> None:
    variance = mean_squared_distance(Y) / 2
    found = squared(gaussian(X, variance), gaussian(Y, variance))
    exact = biased(Gaussian(variance[:, None, None]), places(X), places(Y))
    torch.testing.assert_close(found, exact, rtol=0.1, atol=0)


def test_the_mean_squared_distance_is_that_of_all_pairs() -> None:
    distances = torch.cdist(places(Y), places(Y)).square().mean(dim=(1, 2))
    torch.testing.assert_close(mean_squared_distance(Y), distances)


def test_batch_norm_statistics_are_means_and_deviations() -> None:
    values = X.flatten(2).numpy()
    expected = torch.tensor(
        [[*one.mean(axis=1), *one.std(axis=1)] for one in values], dtype=torch.float64
    )
    torch.testing.assert_close(batch_norm(X), expected, atol=1e-9, rtol=1e-9)


def test_constant_features_have_a_gradient() -> None:
    for statistic in (batch_norm, lambda x: gaussian(x, mean_squared_distance(x.detach()))):
        plain = torch.ones(1, 6, 4, 4, requires_grad=True)
        statistic(plain).square().sum().backward()
        assert plain.grad is not None
        assert plain.grad.isfinite().all()


def test_random_projections_are_the_same_every_time() -> None:
    variance = torch.ones(2)
    torch.testing.assert_close(gaussian(X, variance), gaussian(X.clone(), variance), rtol=0, atol=0)
    first = polynomial(X, 0, 3)
    assert torch.equal(first, polynomial(X, 0, 3))


def test_the_gradient_of_the_gaussian_embedding_is_that_of_its_value() -> None:
    features = torch.randn(2, 3, 23, 24, generator=torch.Generator().manual_seed(5)).double()
    assert features[0, 0].numel() > embeddings.BLOCK  # several blocks, the last one not full
    assert features[0, 0].numel() % embeddings.BLOCK
    variance = torch.tensor([0.5, 2.0]).double()
    pixels = features.clone().requires_grad_()
    found = embeddings.gaussian(pixels, variance)
    weights = torch.randn(found.shape, generator=torch.Generator().manual_seed(6)).double()
    (gradient,) = torch.autograd.grad((found * weights).sum(), pixels)
    plain = features.clone().requires_grad_()
    frequencies = embeddings._frequencies(3).double()
    angles = frequencies @ (plain.flatten(2) / variance.sqrt()[:, None, None])
    expected = torch.cat([angles.cos(), angles.sin()], dim=1).mean(dim=2) / embeddings.COSINES**0.5
    torch.testing.assert_close(found, expected, rtol=1e-10, atol=1e-12)
    (slope,) = torch.autograd.grad((expected * weights).sum(), plain)
    torch.testing.assert_close(gradient, slope, rtol=1e-10, atol=1e-12)
