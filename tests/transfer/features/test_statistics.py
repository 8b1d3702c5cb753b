from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from torch.nn import functional

from transfer.features.statistics import (
    ascending_order,
    channel_means,
    covariance,
    cross_covariance,
    cross_gram,
    gram,
    quantiles,
    resampled_quantiles,
)

FORMATS = [torch.contiguous_format, torch.channels_last]
WITHIN = [gram, covariance]
CROSS = [cross_gram, cross_covariance]


def random_map(*shape: int, seed: int = 0) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=generator, dtype=torch.float64) + 0.7


def explicit(f: Tensor, g: Tensor, centred: bool) -> Tensor:
    """The definition: enlarge, centre, multiply position by position."""
    g = functional.interpolate(g, size=f.shape[-2:], mode="nearest")
    if centred:
        f = f - f.mean((2, 3), keepdim=True)
        g = g - g.mean((2, 3), keepdim=True)
    return torch.einsum("nchw,ndhw->ncd", f, g) / (f.shape[2] * f.shape[3])


@pytest.mark.parametrize("memory", FORMATS)
@pytest.mark.parametrize("statistic", WITHIN)
def test_it_agrees_with_the_definition(statistic: Callable, memory: torch.memory_format) -> None:
    f = random_map(2, 5, 6, 7).contiguous(memory_format=memory)
    expected = explicit(f, f, centred=statistic is covariance)
    torch.testing.assert_close(statistic(f), expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("memory", FORMATS)
@pytest.mark.parametrize("coarse", [(6, 8), (3, 4), (3, 8), (2, 3), (5, 7)])
@pytest.mark.parametrize("statistic", CROSS)
def test_it_agrees_with_the_definition_across_layers(
    statistic: Callable, coarse: tuple[int, int], memory: torch.memory_format
) -> None:
    f = random_map(2, 3, 6, 8).contiguous(memory_format=memory)
    g = random_map(2, 4, *coarse, seed=1).contiguous(memory_format=memory)
    expected = explicit(f, g, centred=statistic is cross_covariance)
    assert expected.shape == (2, 3, 4)
    torch.testing.assert_close(statistic(f, g), expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("memory", FORMATS)
@pytest.mark.parametrize("statistic", [*WITHIN, quantiles])
def test_its_gradient_is_the_derivative(statistic: Callable, memory: torch.memory_format) -> None:
    f = random_map(2, 3, 4, 5).contiguous(memory_format=memory).requires_grad_()
    assert torch.autograd.gradcheck(statistic, (f,))


@pytest.mark.parametrize("memory", FORMATS)
@pytest.mark.parametrize("coarse", [(4, 4), (2, 2), (3, 2)])
@pytest.mark.parametrize("statistic", CROSS)
def test_its_gradient_is_the_derivative_across_layers(
    statistic: Callable, coarse: tuple[int, int], memory: torch.memory_format
) -> None:
    f = random_map(2, 3, 4, 4).contiguous(memory_format=memory).requires_grad_()
    g = random_map(2, 2, *coarse, seed=1).contiguous(memory_format=memory).requires_grad_()
    assert torch.autograd.gradcheck(statistic, (f, g))


def test_the_gram_gradient_has_its_analytic_form() -> None:
    """Gatys et al. 2016, equation 6: ∂/∂F of ¼‖G − A‖² is (G − A) F, here with both / P."""
    f = random_map(1, 4, 3, 5).requires_grad_()
    target = gram(random_map(1, 4, 3, 5, seed=1))
    loss = (gram(f) - target).square().sum() / 4
    (found,) = torch.autograd.grad(loss, f)
    flat = f.detach().flatten(2)
    analytic = (gram(f.detach()) - target) @ flat / flat.shape[2]
    torch.testing.assert_close(found.flatten(2), analytic, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("memory", FORMATS)
@pytest.mark.parametrize("statistic", [*WITHIN, quantiles])
def test_its_gradient_keeps_the_memory_format(
    statistic: Callable, memory: torch.memory_format
) -> None:
    f = random_map(2, 5, 6, 7).contiguous(memory_format=memory).requires_grad_()
    (found,) = torch.autograd.grad(statistic(f).square().sum(), f)
    assert found.is_contiguous(memory_format=memory)


def test_the_covariance_is_the_gram_matrix_minus_the_means() -> None:
    f = random_map(3, 4, 5, 6)
    means = channel_means(f)
    outer = means[:, :, None] * means[:, None, :]
    torch.testing.assert_close(covariance(f), gram(f) - outer, rtol=1e-12, atol=1e-12)


def test_a_covariance_is_exact_where_features_hardly_vary() -> None:
    """As at the noise start, where the Gram matrix is a million times larger."""
    f, g = (random_map(1, 3, 8, 8, seed=seed) * 1e-3 + 1 for seed in (0, 1))
    for found, expected in (
        (covariance(f.float()), covariance(f.float().double())),
        (
            cross_covariance(f.float(), g.float()),
            cross_covariance(f.float().double(), g.float().double()),
        ),
    ):
        torch.testing.assert_close(found.double(), expected, rtol=1e-3, atol=1e-9)


@pytest.mark.parametrize("statistic", CROSS)
def test_swapping_layers_of_one_size_transposes(statistic: Callable) -> None:
    f, g = random_map(2, 3, 4, 4), random_map(2, 5, 4, 4, seed=1)
    expected = statistic(g, f).transpose(1, 2)
    torch.testing.assert_close(statistic(f, g), expected, rtol=1e-12, atol=1e-12)


def test_a_layer_crossed_with_itself_is_its_gram_matrix() -> None:
    f = random_map(2, 3, 4, 4)
    torch.testing.assert_close(cross_gram(f, f), gram(f), rtol=1e-12, atol=1e-12)
    torch.testing.assert_close(cross_covariance(f, f), covariance(f), rtol=1e-12, atol=1e-12)


def test_it_refuses_maps_in_the_wrong_order() -> None:
    with pytest.raises(ValueError, match="finer"):
        cross_gram(random_map(1, 2, 2, 2), random_map(1, 2, 4, 4))


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 2**31), st.integers(1, 4), st.integers(1, 6), st.integers(1, 6))
def test_permuting_positions_changes_nothing(seed: int, n: int, height: int, width: int) -> None:
    f = random_map(n, 3, height, width, seed=seed)
    order = torch.randperm(height * width, generator=torch.Generator().manual_seed(seed))
    shuffled = f.flatten(2)[:, :, order].reshape(f.shape)
    for statistic in (gram, covariance, channel_means):
        torch.testing.assert_close(statistic(shuffled), statistic(f), rtol=1e-10, atol=1e-12)


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 2**31), st.integers(2, 4))
def test_images_of_a_batch_are_independent(seed: int, n: int) -> None:
    f, g = random_map(n, 3, 4, 6, seed=seed), random_map(n, 2, 2, 3, seed=seed + 1)
    for i in range(n):
        one, other = f[i : i + 1], g[i : i + 1]
        torch.testing.assert_close(gram(f)[i], gram(one)[0], rtol=1e-12, atol=1e-12)
        torch.testing.assert_close(covariance(f)[i], covariance(one)[0], rtol=1e-12, atol=1e-12)
        torch.testing.assert_close(
            cross_covariance(f, g)[i], cross_covariance(one, other)[0], rtol=1e-12, atol=1e-12
        )


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 2**31), st.floats(-5, 5))
def test_a_shift_moves_the_means_and_not_the_covariance(seed: int, shift: float) -> None:
    f = random_map(1, 3, 4, 5, seed=seed)
    torch.testing.assert_close(channel_means(f + shift), channel_means(f) + shift)
    torch.testing.assert_close(covariance(f + shift), covariance(f), rtol=1e-9, atol=1e-9)


def test_means_agree_if_and_only_if_their_loss_is_zero() -> None:
    f = random_map(1, 3, 4, 5)
    turned = f.flip(3)
    assert (channel_means(f) - channel_means(turned)).square().sum() < 1e-30
    other = f.clone()
    other[0, 1, 0, 0] += 0.2
    assert (channel_means(f) - channel_means(other)).square().sum() == pytest.approx(
        (0.2 / 20) ** 2
    )


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 2**31), st.integers(1, 4), st.integers(1, 6))
def test_the_histogram_match_is_exact_for_equal_sizes(seed: int, height: int, width: int) -> None:
    """A step of the length of the gradient puts the style's values in the image's order."""
    f = random_map(2, 3, height, width, seed=seed).requires_grad_()
    style = random_map(2, 3, width, height, seed=seed + 1)
    wanted = resampled_quantiles(quantiles(style), height * width)
    loss = (quantiles(f) - wanted).square().sum() / 2
    (gradient,) = torch.autograd.grad(loss, f)
    matched = f.detach() - gradient
    torch.testing.assert_close(quantiles(matched), quantiles(style), rtol=1e-12, atol=1e-12)
    assert torch.equal(matched.flatten(2).argsort(2), f.detach().flatten(2).argsort(2))


def unlike(rows: int, places: int, seed: int) -> Tensor:
    """Floats of all sizes and signs, with many ties as after a ReLU."""
    generator = torch.Generator().manual_seed(seed)
    values = torch.randn(rows, places, generator=generator)
    values *= 10.0 ** torch.randint(-30, 30, values.shape, generator=generator)
    values[values.abs() < 1] *= 0  # 0 and −0
    values[0, :: max(1, places // 3)] = float("inf")
    return torch.cat([values, values.round(), values.clamp_min(0)])


@settings(deadline=None, max_examples=50)
@given(st.integers(0, 2**31), st.integers(1, 5), st.integers(1, 300))
def test_the_order_is_that_of_a_stable_sort(seed: int, rows: int, places: int) -> None:
    values = unlike(rows, places, seed)
    expected = values.double().sort(dim=-1, stable=True).indices
    assert torch.equal(ascending_order(values), expected)
    assert torch.equal(ascending_order(values.double()), expected)


def test_long_rows_are_ordered_as_well() -> None:
    """Rows that are sorted one by one, and several at once with a rest."""
    for shape in ((3, 70_000), (2, 5, 20_000)):
        values = torch.rand(shape, generator=torch.Generator().manual_seed(0))
        assert torch.equal(ascending_order(values), values.sort(dim=-1, stable=True).indices)


def test_quantiles_keep_their_distribution_at_another_size() -> None:
    ramp = torch.linspace(0.5, 999.5, 1000, dtype=torch.float64).reshape(1, 1, 1000) / 1000
    for places in (10, 250, 4000):
        found = resampled_quantiles(ramp, places)
        expected = (torch.arange(places, dtype=torch.float64) + 0.5) / places
        torch.testing.assert_close(found[0, 0], expected, rtol=0, atol=5e-4)
