from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from transfer.features.whitening import apply, covariance_power, spread


def maps(seed: int, channels: int = 6, size: tuple[int, int] = (9, 11), images: int = 2):
    """Correlated features that are not centred."""
    generator = torch.Generator().manual_seed(seed)
    mixing = torch.randn(channels, channels, generator=generator)
    plain = torch.randn(images, channels, *size, generator=generator)
    return torch.einsum("cd,ndhw->nchw", mixing, plain) + torch.randn(
        1, channels, 1, 1, generator=generator
    )


def test_it_measures_mean_covariance_and_size() -> None:
    features = maps(0)
    found = spread(features)
    flat = features.flatten(2).double()
    for i in range(2):
        torch.testing.assert_close(found.covariance[i], torch.cov(flat[i]))
        torch.testing.assert_close(found.mean[i, :, 0], flat[i].mean(1))
        torch.testing.assert_close(found.size[i], flat[i].square().mean())


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 1000), st.integers(2, 12))
def test_whitening_gives_the_identity_and_no_mean(seed: int, channels: int) -> None:
    features = maps(seed, channels, size=(20, 20)).double()
    own = spread(features)
    whitening = covariance_power(own, -0.5, 1e-12)
    white = spread(apply(whitening, -whitening @ own.mean, features))
    torch.testing.assert_close(
        white.covariance, torch.eye(channels).double().expand(2, -1, -1), atol=1e-6, rtol=0
    )
    assert white.mean.abs().max() < 1e-6


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 1000))
def test_colouring_gives_the_styles_mean_and_covariance(seed: int) -> None:
    content, style = maps(seed).double(), maps(seed + 1, size=(13, 8)).double()
    own, wanted = spread(content), spread(style)
    matrix = covariance_power(wanted, 0.5, 1e-12) @ covariance_power(own, -0.5, 1e-12)
    got = spread(apply(matrix, wanted.mean - matrix @ own.mean, content))
    torch.testing.assert_close(got.covariance, wanted.covariance)
    torch.testing.assert_close(got.mean, wanted.mean)


def test_the_powers_are_the_square_root_and_its_inverse() -> None:
    own = spread(maps(3).double())
    root, inverse = (covariance_power(own, exponent, 0.0) for exponent in (0.5, -0.5))
    torch.testing.assert_close(root @ root, own.covariance)
    torch.testing.assert_close(root @ inverse, torch.eye(6).double().expand(2, -1, -1))
    torch.testing.assert_close(root, root.transpose(1, 2))


def test_directions_without_variance_are_left_out() -> None:
    features = maps(4)
    features[:, 2] = 0  # a dead channel
    features[:, 3] = features[:, 1]  # and one that says nothing new
    own = spread(features)
    whitening = covariance_power(own, -0.5, 1e-5)
    assert whitening.isfinite().all()
    white = spread(apply(whitening, -whitening @ own.mean, features)).covariance
    values = torch.linalg.eigvalsh(white)
    torch.testing.assert_close(values[:, 2:], torch.ones(2, 4).double(), atol=1e-3, rtol=0)
    torch.testing.assert_close(values[:, :2], torch.zeros(2, 2).double(), atol=1e-3, rtol=0)


@pytest.mark.parametrize("colour", [0.0, 0.1, 1234.5])
def test_a_plain_colour_has_no_directions(colour: float) -> None:
    plain = torch.full((1, 4, 7, 9), colour) * torch.rand(
        4, generator=torch.manual_seed(0)
    ).reshape(1, 4, 1, 1)
    plain = plain + 1e-7 * colour * torch.rand(plain.shape)  # rounding
    for exponent in (0.5, -0.5):
        assert covariance_power(spread(plain), exponent, 1e-5).abs().max() == 0


def test_the_threshold_means_the_same_at_every_scale() -> None:
    features = maps(5)
    features[:, 0] *= 1e-3
    kept = [
        torch.linalg.matrix_rank(covariance_power(spread(scale * features), 0.5, 1e-4))
        for scale in (1.0, 1e-3, 1e3)
    ]
    assert all(torch.equal(kept[0], other) for other in kept)
    assert (kept[0] == 5).all()


def test_values_that_are_not_finite_stay_within_their_image() -> None:
    features = maps(7)
    features[1, 0, 0, 0] = float("nan")
    power = covariance_power(spread(features), 0.5, 1e-5)
    assert power[0].isfinite().all()
    assert power[1].isnan().all()


def test_one_position_has_no_covariance() -> None:
    one = spread(torch.rand(1, 3, 1, 1))
    assert one.covariance.abs().max() == 0


def test_it_gives_the_precision_and_shape_of_the_features() -> None:
    features = maps(6)
    identity = torch.eye(6).double().expand(2, -1, -1)
    same = apply(identity, torch.zeros(2, 6, 1).double(), features)
    assert same.dtype == torch.float32
    assert torch.equal(same, features)
