"""Descents during the training of an encoder."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from transfer.encoders.architecture import Encoder, random_weights
from transfer.encoders.descents import (
    CONTENT_LAYER,
    RATE,
    Descents,
    descent_loss,
    gradient_error,
    term_weights,
)
from transfer.encoders.layout import STYLE_LAYERS
from transfer.features.statistics import gram

WIDTHS = (4, 4, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8)


@pytest.fixture
def crops() -> torch.Tensor:
    return torch.rand(4, 3, 32, 32, generator=torch.Generator().manual_seed(0))


def test_new_descents_begin_with_the_crops_as_contents_and_styles(crops: torch.Tensor) -> None:
    descents = Descents(2, 32, longest=3)
    which = descents.choose(crops, np.random.default_rng(0)).tolist()
    assert sorted(which) == [0, 1]
    assert torch.equal(descents.contents[which], crops[0::2])
    assert torch.equal(descents.styles[which], crops[1::2])
    assert bool((descents.left >= 1).all() and (descents.left <= 3).all())


def test_a_descent_keeps_its_targets_until_its_steps_are_used_up(crops: torch.Tensor) -> None:
    descents = Descents(2, 32, longest=3)
    which = descents.choose(crops, np.random.default_rng(0))
    descents.left[:] = 2
    targets = descents.contents.clone()
    for step in range(2):
        descents.move(which, torch.ones(2, 3, 32, 32))
        descents.choose(crops.flip(0), np.random.default_rng(step))
        assert torch.equal(descents.contents, targets) == (step == 0)


def test_the_first_step_moves_every_value_by_the_rate(crops: torch.Tensor) -> None:
    # Adam's first step is rate · sign(gradient): Kingma & Ba 2015, algorithm 1 at t = 1.
    descents = Descents(2, 32, longest=3)
    descents.choose(crops, np.random.default_rng(0))
    descents.pictures[:] = 0.5
    gradient = torch.randn(1, 3, 32, 32, generator=torch.Generator().manual_seed(1))
    descents.move(torch.tensor([1]), gradient)
    assert torch.allclose(descents.pictures[1], 0.5 - RATE * gradient[0].sign(), atol=1e-6)
    assert bool((descents.pictures[0] == 0.5).all())


def test_the_loss_is_the_sum_of_relative_mean_squares(crops: torch.Tensor) -> None:
    network = Encoder(random_weights(WIDTHS), name="any")
    a, b, c = (network(one, STYLE_LAYERS) for one in (crops[:1], crops[1:2], crops[2:3]))
    weights = torch.tensor([[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]])
    expected = float(
        (a[CONTENT_LAYER] - b[CONTENT_LAYER]).square().mean() / b[CONTENT_LAYER].square().mean()
    )
    for weight, layer in zip((2, 3, 4, 5, 6), STYLE_LAYERS, strict=True):
        mine, target = gram(a[layer]), gram(c[layer])
        expected += weight * float((mine - target).square().mean() / target.square().mean())
    assert descent_loss(a, b, c, weights).tolist() == pytest.approx([expected], rel=1e-5)


def test_the_error_of_gradients_is_one_minus_the_cosine() -> None:
    first = torch.zeros(2, 3, 1, 1)
    first[:, 0] = 1
    second = torch.zeros(2, 3, 1, 1)
    second[0, 0], second[1, :2] = 5, 1
    assert float(gradient_error(first, second)) == pytest.approx(1 - (1 + math.sqrt(0.5)) / 2)


def test_the_weights_of_terms_spread_around_the_methods_own() -> None:
    drawn = term_weights(4000, np.random.default_rng(0)).log().mean(dim=0)
    assert drawn.tolist() == pytest.approx([0.0] + [math.log(2.0)] * 5, abs=0.05)
