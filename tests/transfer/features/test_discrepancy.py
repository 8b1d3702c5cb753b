from __future__ import annotations

import pytest
import torch

from transfer.features.discrepancy import (
    biased,
    linear_time,
    paired_loss,
    paired_terms,
    unbiased,
)
from transfer.features.kernels import Gaussian, Kernel, Linear, Polynomial
from transfer.features.statistics import channel_means, gram

KERNELS: list[Kernel] = [Linear(), Polynomial(0, 2), Polynomial(1.5, 3), Gaussian(0.7)]


def vectors(seed: int, *shape: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=generator, dtype=torch.float64)


def value(kernel: Kernel, a: torch.Tensor, b: torch.Tensor) -> float:
    """k(a, b) from its formula."""
    product = float((a * b).sum())
    if isinstance(kernel, Polynomial):
        return (product + kernel.offset) ** kernel.degree
    if isinstance(kernel, Gaussian):
        return float(torch.exp(-(a - b).square().sum() / (2 * kernel.variance)))
    return product


@pytest.mark.parametrize("kernel", KERNELS)
def test_a_kernel_is_its_formula(kernel: Kernel) -> None:
    x, y = vectors(0, 4, 3), vectors(1, 5, 3)
    expected = torch.tensor([[value(kernel, a, b) for b in y] for a in x], dtype=torch.float64)
    torch.testing.assert_close(kernel.matrix(x, y), expected)
    torch.testing.assert_close(kernel.pairs(x, y[:4]), expected.diagonal())


@pytest.mark.parametrize("kernel", KERNELS)
def test_estimators_are_sums_over_all_pairs(kernel: Kernel) -> None:
    x, y = vectors(2, 6, 3), vectors(3, 5, 3) + 0.5

    def mean(a, b, skip=False):
        found = [
            value(kernel, one, other)
            for i, one in enumerate(a)
            for j, other in enumerate(b)
            if not (skip and i == j)
        ]
        return sum(found) / len(found)

    v_statistic = mean(x, x) + mean(y, y) - 2 * mean(x, y)
    u_statistic = mean(x, x, skip=True) + mean(y, y, skip=True) - 2 * mean(x, y)
    assert float(biased(kernel, x, y)) == pytest.approx(v_statistic)
    assert float(unbiased(kernel, x, y)) == pytest.approx(u_statistic)


@pytest.mark.parametrize("kernel", KERNELS)
def test_pairs_are_neighbours_and_an_odd_one_is_left_out(kernel: Kernel) -> None:
    x, y = vectors(4, 7, 2), vectors(5, 7, 2)
    expected = [
        value(kernel, x[i], x[i + 1])
        + value(kernel, y[i], y[i + 1])
        - value(kernel, x[i], y[i + 1])
        - value(kernel, x[i + 1], y[i])
        for i in (0, 2, 4)
    ]
    torch.testing.assert_close(
        paired_terms(kernel, x, y), torch.tensor(expected, dtype=torch.float64)
    )
    assert float(linear_time(kernel, x, y)) == pytest.approx(sum(expected) / 3)


@pytest.mark.parametrize("kernel", KERNELS)
def test_the_linear_time_estimate_is_unbiased(kernel: Kernel) -> None:
    """Samples from two lists of which MMD² is known, since they are whole distributions."""
    one, other = vectors(6, 8, 2), vectors(7, 8, 2) * 0.5 + 0.6
    exact = float(biased(kernel, one, other))
    generator = torch.Generator().manual_seed(8)
    draws = torch.randint(0, 8, (2, 4000, 20), generator=generator)
    x, y = one[draws[0]], other[draws[1]]
    for estimator in (linear_time, unbiased):
        found = estimator(kernel, x, y)
        error = float(found.std() / len(found) ** 0.5)
        assert abs(float(found.mean()) - exact) < 4 * error
        assert error < 0.1 * exact  # else the line above shows nothing
    assert float(biased(kernel, x, y).mean()) > exact + 4 * error


def test_the_squared_product_kernel_gives_gram_matrices() -> None:
    """MMD² with (xᵀy)² is ‖Gˣ − Gʸ‖²_F, G = FFᵀ/P (Li et al. 2017), at any sizes."""
    x, y = vectors(9, 2, 4, 3, 5), vectors(10, 2, 4, 6, 2)
    places = [one.flatten(2).transpose(1, 2) for one in (x, y)]
    expected = (gram(x) - gram(y)).square().sum(dim=(1, 2))
    torch.testing.assert_close(biased(Polynomial(0, 2), *places), expected)
    # With G added over n places in the place of averaged, as Gatys et al. write it.
    n = 15
    same = vectors(11, 2, 4, 3, 5)
    sums = n * gram(x), n * gram(same)
    matrices = places[0], same.flatten(2).transpose(1, 2)
    total = n**2 * biased(Polynomial(0, 2), *matrices)
    torch.testing.assert_close(total, (sums[0] - sums[1]).square().sum(dim=(1, 2)))


def test_the_linear_kernel_gives_means() -> None:
    x, y = vectors(12, 2, 4, 3, 5), vectors(13, 2, 4, 6, 2)
    places = [one.flatten(2).transpose(1, 2) for one in (x, y)]
    expected = (channel_means(x) - channel_means(y)).square().sum(dim=1)
    torch.testing.assert_close(biased(Linear(), *places), expected)


def test_the_paired_loss_is_the_printed_sum() -> None:
    """Equation 1.6 channel by channel and pair by pair."""
    kernel = Gaussian(0.7)
    style, image = vectors(14, 1, 3, 3, 5), vectors(15, 1, 3, 3, 5)
    total = 0.0
    for channel in range(3):
        s, n = style[0, channel].flatten(), image[0, channel].flatten()
        for j in range(7):
            a, b = 2 * j, 2 * j + 1
            total += value(kernel, s[a], s[b]) + value(kernel, n[a], n[b])
            total -= value(kernel, s[a], n[b]) + value(kernel, s[b], n[a])
    assert float(paired_loss(kernel, image, style)) == pytest.approx(total)


def test_the_paired_loss_is_zero_at_the_style_and_lower_where_partners_change_places() -> None:
    """h is an estimate, not a distance: exchanging the members of each pair gives a negative
    value."""
    kernel = Gaussian(0.7)
    style = vectors(16, 1, 3, 4, 4)
    swapped = style.reshape(1, 3, 8, 2).flip(3).reshape(1, 3, 4, 4)
    assert float(paired_loss(kernel, style, style)) == pytest.approx(0, abs=1e-12)
    assert float(paired_loss(kernel, swapped, style)) < -1
