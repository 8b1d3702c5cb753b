"""The VGG-19 layout at any width and depth."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from common.errors import InputError
from transfer.encoders.architecture import (
    CAFFE,
    IMAGENET,
    LAYERS,
    STYLE_LAYERS,
    Encoder,
    depth_of,
    random_weights,
)
from transfer.encoders.layout import VGG19_WIDTHS

WIDTHS = (4, 4, 8, 8, 16, 16, 16, 16, 16, 16, 16, 16, 16)


def encoder(deepest: str | None = None, **options: object) -> Encoder:
    return Encoder(random_weights(WIDTHS), name="random", deepest=deepest, **options)  # type: ignore[arg-type]


def test_it_halves_the_picture_before_every_block() -> None:
    features = encoder()(torch.rand(2, 3, 48, 64), STYLE_LAYERS)
    shapes = [tuple(features[layer].shape) for layer in STYLE_LAYERS]
    assert shapes == [
        (2, 4, 48, 64),
        (2, 8, 24, 32),
        (2, 16, 12, 16),
        (2, 16, 6, 8),
        (2, 16, 3, 4),
    ]


def test_it_builds_no_deeper_than_asked() -> None:
    shallow = encoder("relu2_1")
    assert list(shallow.widths) == ["relu1_1", "relu1_2", "relu2_1"]
    assert len(shallow.convolutions) == 3


def test_features_do_not_depend_on_the_depth() -> None:
    images = torch.rand(1, 3, 32, 32)
    deep = encoder()(images, ["relu2_1", "relu5_1"])["relu2_1"]
    assert torch.equal(deep, encoder("relu2_1")(images, ["relu2_1"])["relu2_1"])


@given(st.integers(1, 4))
def test_a_batch_agrees_with_single_pictures(count: int) -> None:
    network = encoder("relu3_1")
    images = torch.rand(count, 3, 16, 24)
    together = network(images, ["relu3_1"])["relu3_1"]
    apart = torch.cat([network(image[None], ["relu3_1"])["relu3_1"] for image in images])
    torch.testing.assert_close(together, apart, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("convention", [IMAGENET, CAFFE])
def test_it_maps_colours_as_the_convention_says(convention: object) -> None:
    weights = random_weights(WIDTHS, "relu1_1")
    network = Encoder(weights, name="random", convention=convention)  # type: ignore[arg-type]
    image = torch.rand(1, 3, 8, 8)
    ordered = image if convention.order == "RGB" else image.flip(1)  # type: ignore[attr-defined]
    mean = torch.tensor(convention.mean)[:, None, None]  # type: ignore[attr-defined]
    std = torch.tensor(convention.std)[:, None, None]  # type: ignore[attr-defined]
    expected = (ordered * convention.scale - mean) / std  # type: ignore[attr-defined]
    torch.testing.assert_close(network.preprocess(image), expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("padding", ["zero", "reflect", "replicate"])
@pytest.mark.parametrize("pooling", ["max", "avg"])
def test_every_pooling_and_padding_keeps_the_shape(padding: str, pooling: str) -> None:
    network = encoder("relu5_1", padding=padding, pooling=pooling)
    assert network(torch.rand(1, 3, 16, 16), ["relu5_1"])["relu5_1"].shape == (1, 16, 1, 1)


def test_it_agrees_with_torchvision() -> None:
    vgg = pytest.importorskip("torchvision").models.vgg19(weights=None).features.eval()
    state = vgg.state_dict()
    names = [name.removesuffix(".weight") for name in state if name.endswith(".weight")]
    weights = {
        f"{layer.replace('relu', 'conv')}.{part}": state[f"{name}.{part}"]
        for layer, name in zip(LAYERS, names, strict=False)
        for part in ("weight", "bias")
    }
    network = Encoder(weights, name="vgg19")
    assert tuple(network.widths.values()) == VGG19_WIDTHS
    image = torch.rand(1, 3, 32, 32)
    # relu5_1 is the thirtieth module of torchvision's list.
    torch.testing.assert_close(network(image, ["relu5_1"])["relu5_1"], vgg[:30](image))


def test_it_refuses_a_layer_deeper_than_its_weights() -> None:
    with pytest.raises(InputError, match="reaches only relu2_1, relu4_1 was asked for"):
        Encoder(random_weights(WIDTHS, "relu2_1"), name="random", deepest="relu4_1")
    with pytest.raises(InputError, match="reaches only relu2_1"):
        encoder("relu2_1")(torch.rand(1, 3, 16, 16), ["relu4_1"])


def test_it_refuses_an_unknown_layer() -> None:
    with pytest.raises(InputError, match="unknown layer 'relu9_9'"):
        encoder("relu9_9")
    with pytest.raises(InputError, match="has no layer 'pool1'"):
        encoder()(torch.rand(1, 3, 16, 16), ["pool1"])


def test_it_refuses_a_picture_too_small_for_its_pooling() -> None:
    with pytest.raises(InputError, match="too small"):
        encoder()(torch.rand(1, 3, 8, 8), ["relu5_1"])


def test_it_finds_the_depth_of_weights_with_a_gap() -> None:
    weights = random_weights(WIDTHS)
    del weights["conv3_2.bias"]
    assert depth_of(weights) == "relu3_1"
