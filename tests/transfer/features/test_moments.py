from __future__ import annotations

import numpy as np
import pytest
import scipy.stats
import torch

from transfer.features.moments import moment_loss, moments, order_weights


def maps(seed: int, n: int = 2) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(n, 3, 5, 7, generator=generator, dtype=torch.float64).square() * 3


def test_raw_moments_are_means_of_powers() -> None:
    features = maps(0)
    values = features.flatten(2).numpy()
    expected = np.stack([(values**order).mean(axis=2) for order in (1, 2, 3, 4)], axis=1)
    np.testing.assert_allclose(moments(features, 4), expected, rtol=1e-12)


def test_central_moments_are_those_of_scipy() -> None:
    features = maps(1)
    values = features.flatten(2).numpy()
    expected = scipy.stats.moment(values, order=[2, 3, 4], axis=2)
    found = moments(features, 4, central=True)
    np.testing.assert_allclose(found[:, 0], values.mean(axis=2), rtol=1e-12)
    np.testing.assert_allclose(found[:, 1:], np.moveaxis(expected, 0, 1), rtol=1e-10)


def test_one_moment_is_the_loss_of_means_up_to_its_factor() -> None:
    style, image = maps(2), maps(3)
    means = (style.mean(dim=(2, 3)) - image.mean(dim=(2, 3))).square()
    factor = torch.minimum(torch.ones(2), 1 / style.mean(dim=(1, 2, 3)).float()).double()
    expected = factor * means.mean(dim=1)
    found = moment_loss(moments(image, 1), moments(style, 1))
    torch.testing.assert_close(found, expected, rtol=1e-6, atol=0)


@pytest.mark.parametrize("central", [False, True])
def test_the_loss_is_the_printed_sum(central: bool) -> None:
    """Equation 1.4, one order and channel at a time, with ψ of the absolute values."""
    style, image = maps(4, 1), maps(5, 1)
    ours = moment_loss(moments(image, 4, central=central), moments(style, 4, central=central))
    total = 0.0
    for order in range(1, 5):
        of_style, of_image = (
            [_moment(one[0, channel].flatten(), order, central) for channel in range(3)]
            for one in (style, image)
        )
        psi = min(1.0, 1 / (sum(map(abs, of_style)) / 3))
        total += psi * sum((a - b) ** 2 for a, b in zip(of_style, of_image, strict=True))
    assert float(ours) == pytest.approx(total / 3, rel=1e-12)


def _moment(values: torch.Tensor, order: int, central: bool) -> float:
    if central and order > 1:
        values = values - values.mean()
    return float((values**order).mean())


def test_weights_are_never_negative() -> None:
    """Central third moments of a left-skewed sample are negative."""
    features = -maps(6)
    found = order_weights(moments(features, 3, central=True))
    assert (moments(features, 3, central=True)[:, 2] < 0).all()
    assert ((found > 0) & (found <= 1)).all()


def test_positions_do_not_matter() -> None:
    features = maps(7)
    torch.testing.assert_close(moments(features, 4), moments(features.flip(2, 3), 4))


def test_the_gradient_is_that_of_finite_differences() -> None:
    style = moments(maps(8), 4, central=True)
    image = maps(9).requires_grad_()
    assert torch.autograd.gradcheck(
        lambda x: moment_loss(moments(x, 4, central=True), style), (image,)
    )
