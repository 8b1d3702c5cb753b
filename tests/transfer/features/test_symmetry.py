"""The symmetries of Yeh et al. 2020, supplement §1.3, on feature maps and their statistics."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from skimage import data
from torch import Tensor
from torch.nn import Conv2d
from torch.nn.functional import conv2d, interpolate

from common.pictures import to_tensor
from transfer.encoders import load_encoder
from transfer.features.statistics import channel_means, covariance, cross_gram, gram
from transfer.features.symmetry import (
    Move,
    cross_gram_change,
    gram_change,
    hidden_shift,
    symmetry,
    taps,
    whiten,
)

CHANNELS = 5
EXACT = {"atol": 1e-10, "rtol": 0.0}

seeds = st.integers(min_value=0, max_value=2**31)
lengths = st.floats(min_value=0, max_value=0.999)
windows = st.sampled_from([1, 3])


def normal(seed: int, *shape: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def shift_of(seed: int, length: float) -> Tensor:
    direction = normal(seed, CHANNELS)
    return direction / direction.norm() * length


def layer(seed: int, window: int) -> Tensor:
    """Whitened features (1, C, H, W) that are the same throughout each window."""
    return interpolate(whiten(normal(seed, 1, CHANNELS, 6, 7)), scale_factor=window, mode="nearest")


def convolve(features: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """Layer 2: one place for each window of layer 1."""
    return conv2d(features, weight, bias, stride=weight.shape[-1])


def network(seed: int, window: int, width: int = 4) -> tuple[Tensor, Tensor]:
    return normal(seed, width, CHANNELS, window, window), normal(seed + 1, width)


@given(seeds, lengths)
def test_the_matrix_and_the_shift_make_up_the_identity(seed, length):
    rotation, _ = torch.linalg.qr(normal(seed + 1, CHANNELS, CHANNELS))
    move = symmetry(shift_of(seed, length), rotation)
    outer = torch.outer(move.shift, move.shift)
    identity = torch.eye(CHANNELS, dtype=torch.float64)
    torch.testing.assert_close(move.matrix @ move.matrix.T + outer, identity, **EXACT)


@given(seeds)
def test_whitened_features_have_zero_mean_and_unit_covariance(seed):
    white = whiten(3 + 2 * normal(seed, 2, CHANNELS, 6, 7))
    identity = torch.eye(CHANNELS, dtype=torch.float64).expand(2, -1, -1)
    torch.testing.assert_close(covariance(white), identity, **EXACT)
    torch.testing.assert_close(channel_means(white), torch.zeros(2, CHANNELS).double(), **EXACT)


@given(seeds, lengths)
def test_a_symmetry_changes_the_mean_but_not_the_gram_matrix(seed, length):
    features = layer(seed, 1)
    move = symmetry(shift_of(seed + 1, length))
    torch.testing.assert_close(gram(move(features)), gram(features), **EXACT)
    torch.testing.assert_close(channel_means(move(features))[0], move.shift, **EXACT)


@given(seeds, lengths, windows)
def test_the_second_gram_matrix_changes_as_the_formula_says(seed, length, window):
    features = layer(seed, window)
    weight, bias = network(seed + 1, window)
    move = symmetry(shift_of(seed + 3, length))
    before = gram(convolve(features, weight, bias))
    after = gram(convolve(move(features), weight, bias))
    predicted = gram_change(move.shift, weight, bias)
    torch.testing.assert_close((after - before)[0], predicted, atol=1e-9, rtol=1e-9)


@given(seeds, lengths, windows)
def test_a_hidden_shift_keeps_both_gram_matrices(seed, length, window):
    features = layer(seed, window)
    weight, bias = network(seed + 1, window)
    move = symmetry(hidden_shift(weight, length))
    assert float(move.shift.norm()) == pytest.approx(length, abs=1e-12)
    torch.testing.assert_close(gram(move(features)), gram(features), **EXACT)
    before = gram(convolve(features, weight, bias))
    torch.testing.assert_close(gram(convolve(move(features), weight, bias)), before, **EXACT)


@given(seeds, lengths, windows)
def test_every_shift_changes_the_cross_layer_gram_matrix(seed, length, window):
    features = layer(seed, window)
    weight, bias = network(seed + 1, window)
    move = symmetry(hidden_shift(weight, length))
    before = cross_gram(features, convolve(features, weight, bias))
    after = cross_gram(move(features), convolve(move(features), weight, bias))
    torch.testing.assert_close((after - before)[0], cross_gram_change(move.shift, bias), **EXACT)
    seen = float((after - before).norm())
    assert seen == pytest.approx(length * float(bias.norm()), abs=1e-9)


@given(seeds, windows)
def test_without_a_shift_the_cross_layer_gram_matrix_is_that_of_the_taps(seed, window):
    features = layer(seed, window)
    weight, bias = network(seed + 1, window)
    crossed = cross_gram(features, convolve(features, weight, bias))
    torch.testing.assert_close(crossed[0], taps(weight).T, **EXACT)
    rotation, _ = torch.linalg.qr(normal(seed + 2, CHANNELS, CHANNELS))
    moved = symmetry(torch.zeros(CHANNELS, dtype=torch.float64), rotation)(features)
    crossed = cross_gram(moved, convolve(moved, weight, bias))
    torch.testing.assert_close(crossed[0], taps(weight).T, **EXACT)


def test_a_composition_of_two_symmetries_is_not_a_symmetry():
    features = layer(1, 1)
    first, second = symmetry(shift_of(2, 0.5)), symmetry(shift_of(3, 0.5))
    assert float((gram(second(first(features))) - gram(features)).abs().max()) > 0.1


@pytest.mark.parametrize("length", [1.0, 2.0])
def test_a_long_shift_is_refused(length):
    with pytest.raises(ValueError, match="shorter than 1"):
        symmetry(torch.tensor([length, 0.0]))


def test_a_rotation_must_be_orthogonal():
    with pytest.raises(ValueError, match="not orthogonal"):
        symmetry(torch.zeros(2), torch.tensor([[1.0, 1.0], [0.0, 1.0]]))


def test_a_layer_of_full_rank_hides_no_shift():
    with pytest.raises(ValueError, match="rank 5 on 5 channels"):
        hidden_shift(normal(1, 8, CHANNELS, 1, 1), 0.5)


def test_too_few_places_cannot_be_whitened():
    with pytest.raises(ValueError, match="singular"):
        whiten(normal(1, 1, CHANNELS, 2, 2))


def test_images_of_a_batch_are_moved_independently():
    features = normal(1, 2, CHANNELS, 3, 3)
    move = Move(shift_of(2, 0.3), normal(3, CHANNELS, CHANNELS))
    torch.testing.assert_close(move(features)[:1], move(features[:1]))


def test_a_real_encoder_has_a_shift_that_gram_matrices_hardly_detect():
    """relu1_1 of `compact` and its own second convolution, taken before the nonlinearity."""
    encoder = load_encoder("compact")
    photo = Image.fromarray(data.coffee()).resize((128, 85))
    features = encoder(to_tensor(photo), ["relu1_1"])["relu1_1"].detach().double()
    convolution = next(
        module
        for module in encoder.modules()
        if isinstance(module, Conv2d) and module.in_channels == features.shape[1]
    )
    assert convolution.bias is not None
    weight, bias = convolution.weight.detach().double(), convolution.bias.detach().double()
    mean = channel_means(features)[0]
    root = torch.linalg.cholesky(covariance(features)[0])
    white = torch.einsum("kc,nchw->nkhw", root.inverse(), features - mean[:, None, None])
    weight, bias = torch.einsum("dcrs,ck->dkrs", weight, root), bias + taps(weight) @ mean

    least_seen = torch.linalg.svd(taps(weight)).Vh[-1]
    move = symmetry(0.9 * least_seen)
    before, after = conv2d(white, weight, bias), conv2d(move(white), weight, bias)
    inner, moved = white[:, :, 1:-1, 1:-1], move(white)[:, :, 1:-1, 1:-1]
    assert change(gram(moved), gram(inner)) < 0.02  # whitened with the edges, which are left out
    assert change(gram(after), gram(before)) < 0.01
    assert change(cross_gram(moved, after), cross_gram(inner, before)) > 1


def change(after: Tensor, before: Tensor) -> float:
    return float((after - before).norm() / before.norm())
