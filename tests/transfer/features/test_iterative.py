from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from transfer.features.iterative import (
    gradient,
    largest_eigenvalue,
    loss,
    second_moment,
    steps_as_matrix,
)


def places(seed: int, *shape: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.relu(torch.randn(*shape, generator=generator, dtype=torch.float64) + 0.3)


@given(st.integers(0, 1000), st.integers(1, 6), st.integers(1, 12), st.floats(0.01, 1e4))
@settings(max_examples=30, deadline=None)
def test_the_gradient_is_that_of_automatic_differentiation(
    seed: int, channels: int, number: int, strength: float
) -> None:
    """Equation 27 to 1e-10 of its size, in float64."""
    features, anchor = places(seed, 2, channels, number), places(seed + 1, 2, channels, number)
    moment = second_moment(places(seed + 2, 2, channels, 9))
    variables = features.clone().requires_grad_()
    (expected,) = torch.autograd.grad(loss(variables, anchor, moment, strength).sum(), variables)
    found = gradient(features, anchor, moment, strength)
    assert float((found - expected).abs().max()) <= 1e-10 * max(1.0, float(expected.abs().max()))


def test_the_loss_is_the_printed_one() -> None:
    features, anchor, style = places(0, 1, 3, 8), places(1, 1, 3, 8), places(2, 1, 3, 5)
    f, a, s = (one[0].numpy() for one in (features, anchor, style))
    expected = ((f - a) ** 2).sum() + 7 * ((f @ f.T / 8 - s @ s.T / 5) ** 2).sum()
    assert float(loss(features, anchor, second_moment(style), 7)) == pytest.approx(expected)


def test_a_small_step_lowers_the_loss() -> None:
    for seed in range(10):
        features, moment = places(seed, 1, 5, 40), second_moment(places(seed + 50, 1, 5, 30))
        before = loss(features, features, moment, 50.0)
        for rate in (1e-4, 1e-6):
            step = features - rate * gradient(features, features, moment, 50.0)
            assert loss(step, features, moment, 50.0) < before


def test_steps_as_a_matrix_are_steps_on_features() -> None:
    anchor, moment = places(3, 2, 4, 30), second_moment(places(4, 2, 4, 20))
    features = anchor.clone()
    for _ in range(15):
        features = features - 0.01 * gradient(features, anchor, moment, 60.0)
    strengths = torch.full((2,), 60.0 / 30)
    matrix = steps_as_matrix(second_moment(anchor), moment, strengths, rate=0.01, steps=15)
    torch.testing.assert_close(torch.bmm(matrix, anchor), features, rtol=1e-10, atol=1e-10)
    assert float((features - anchor).abs().max()) > 0.1  # the steps are not zero


def test_directions_without_features_do_not_change() -> None:
    """Content in one direction, style in another: directions without features do not grow."""
    own, moment = torch.zeros(1, 2, 2), torch.zeros(1, 2, 2)
    own[0, 0, 0], moment[0, 1, 1] = 1.0, 1.0
    matrix = steps_as_matrix(own, moment, torch.full((1,), 200.0), rate=0.001, steps=2000)
    assert matrix.isfinite().all()
    torch.testing.assert_close(matrix[0, :, 1], torch.tensor([0.0, 1.0]))


def test_without_steps_nothing_changes() -> None:
    own = second_moment(places(5, 2, 4, 30))
    matrix = steps_as_matrix(own, own, torch.ones(2), rate=0.01, steps=0)
    torch.testing.assert_close(matrix, torch.eye(4, dtype=torch.float64).expand(2, 4, 4))


def test_the_largest_eigenvalue_is_the_spectral_norm() -> None:
    moment = second_moment(places(6, 3, 5, 40))
    torch.testing.assert_close(largest_eigenvalue(moment), torch.linalg.matrix_norm(moment, ord=2))
