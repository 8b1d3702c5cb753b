from __future__ import annotations

import pytest
import torch
from safetensors.torch import load_file

from common.errors import InputError
from tests.transfer.decoders.networks import WIDTHS, random_encoder
from transfer.decoders.architecture import (
    LEVELS,
    Decoder,
    decoder_convolutions,
    random_decoder,
)
from transfer.encoders.layout import CONVOLUTIONS, STYLE_LAYERS


def decoder_of(level: int, **settings) -> Decoder:
    return Decoder(random_decoder(random_encoder().widths, level), level, **settings)


def test_its_convolutions_mirror_those_of_the_encoder() -> None:
    assert decoder_convolutions(1) == ("conv1_1",)
    assert decoder_convolutions(3) == ("conv3_1", "conv2_2", "conv2_1", "conv1_2", "conv1_1")
    assert decoder_convolutions(5) == CONVOLUTIONS[::-1]
    with pytest.raises(InputError, match="level 6"):
        decoder_convolutions(6)


@pytest.mark.golden
def test_available_files_have_these_convolutions(shared) -> None:
    for level in LEVELS:
        tensors = load_file(shared / "weights" / f"vgg19-16x_decoder{level}.safetensors")
        named = {name.rpartition(".")[0] for name in tensors}
        assert named == set(decoder_convolutions(level))


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("size", [(48, 64), (49, 67), (33, 50)])
def test_it_gives_pictures_of_the_size_that_was_encoded(level: int, size: tuple[int, int]) -> None:
    layer = STYLE_LAYERS[level - 1]
    features = random_encoder()(torch.rand(2, 3, *size), [layer])[layer]
    for upsampling in ("nearest", "bilinear"):
        for padding in ("zero", "reflect", "replicate"):
            decoder = decoder_of(level, upsampling=upsampling, padding=padding)
            assert decoder(features, size).shape == (2, 3, *size)


def test_upsampling_keeps_positions() -> None:
    """A decoder with kernels of one pixel shows the position of each value."""
    weights = random_decoder(dict.fromkeys(random_encoder().widths, 3), 2)
    for name in list(weights):
        if name.endswith("weight"):
            weights[name] = torch.zeros_like(weights[name])
            weights[name][:, :, 1, 1] = torch.eye(3)
    features = torch.rand(1, 3, 2, 3)
    shown = Decoder(weights, 2)(features, (5, 7))
    enlarged = features.repeat_interleave(2, 2).repeat_interleave(2, 3)
    assert torch.equal(shown[:, :, :4, :6], enlarged)
    assert torch.equal(shown[:, :, 4, :6], enlarged[:, :, 3])  # the row that pooling left out
    assert torch.equal(shown[:, :, :, 6], shown[:, :, :, 5])


def test_the_picture_alone_may_be_negative() -> None:
    weights = {"conv1_1.weight": -torch.ones(3, 4, 3, 3), "conv1_1.bias": torch.zeros(3)}
    assert float(Decoder(weights, 1)(torch.ones(1, 4, 4, 4), (4, 4)).max()) == -36
    hidden = decoder_of(2)
    for parameter in hidden.convolutions["conv2_1"].parameters():
        parameter.fill_(-1)
    out = hidden(torch.ones(1, 8, 4, 4), (8, 8))
    assert float(out.abs().max()) == 0  # nothing passes the ReLU, and biases are zero


def test_a_last_map_of_one_pixel_is_decoded() -> None:
    features = torch.rand(1, WIDTHS[-1], 1, 1)
    assert decoder_of(5)(features, (16, 17)).shape == (1, 3, 16, 17)
