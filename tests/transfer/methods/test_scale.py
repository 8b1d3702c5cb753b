from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path

import pytest
import torch
from torch import Tensor

from common.pictures import read_picture, resize_to_width, to_tensor
from transfer.encoders import load_encoder
from transfer.encoders.architecture import Encoder, random_weights
from transfer.methods import METHODS, parameters_object, resolve_parameters
from transfer.methods.descent import start_of
from transfer.methods.engine import Task
from transfer.methods.losses import Losses, targets_of
from transfer.methods.scale import STYLE_SCALE, noise_start_ratio, style_scale

WIDTHS = (8, 8, 16, 16, 32, 32, 32, 32, 64, 64, 64, 64, 64)
SHARED = Path(__file__).parents[4] / "shared"


def enlarged(factor: float) -> Encoder:
    """An encoder whose features are `factor` times those of the same network."""
    weights = random_weights(WIDTHS)
    weights["conv1_1.weight"] = factor * weights["conv1_1.weight"]  # all biases are zero
    return Encoder(weights, name="random")


def noise(n: int, seed: int) -> list[Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return [torch.rand(1, 3, 48, 48, generator=generator) for _ in range(n)]


def test_the_ratio_grows_with_the_square_of_the_features() -> None:
    contents, styles = noise(2, 0), noise(2, 1)
    plain, large = (noise_start_ratio(enlarged(by), contents, styles) for by in (1.0, 10.0))
    assert large == pytest.approx(100 * plain, rel=1e-3)


def test_an_encoder_that_was_not_measured_counts_as_1() -> None:
    assert style_scale("vgg19") == style_scale("mine") == style_scale("vgg19-caffe") == 1


def losses_at_noise_start(encoder: Encoder, content: Tensor, style: Tensor, **changes: object):
    values = resolve_parameters("gatys", changes)
    compose = METHODS["gatys"].compose
    assert compose is not None
    composition = compose(parameters_object("gatys", values))
    size = (content.shape[2], content.shape[3])
    targets = targets_of(composition.content, [content], encoder, nullcontext, size=size)
    targets |= targets_of(composition.style, [style], encoder, nullcontext, size=size)
    losses = Losses(
        composition,
        encoder,
        [targets],
        style_scale=style_scale(encoder.name),
        precision=nullcontext,
        memory_format=torch.channels_last,
    )
    task = Task(content, (style,), seed=0)
    return losses.parts(start_of(task, "noise", values["noise_std"]))


def test_relative_losses_do_not_see_the_size_of_features() -> None:
    (content,), (style,) = noise(1, 0), noise(1, 1)
    plain, large = (losses_at_noise_start(enlarged(by), content, style) for by in (1.0, 10.0))
    torch.testing.assert_close(plain.content, large.content, rtol=1e-3, atol=0)
    torch.testing.assert_close(plain.style, large.style, rtol=1e-3, atol=0)


def photographs(folder: str, count: int) -> list[Tensor]:
    files = sorted((SHARED / "data" / folder).glob("*.jpg"))
    chosen = files[:: len(files) // count][:count]
    return [to_tensor(resize_to_width(read_picture(file), 256)) for file in chosen]


@pytest.fixture
def weights(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ECSPACE_WEIGHTS", str(SHARED / "weights"))


@pytest.mark.golden
def test_the_table_agrees_with_a_measurement(weights: None) -> None:
    """Three pictures of each kind instead of forty and ten: within a third."""
    contents, styles = photographs("bsds500/images/test", 3), photographs("styles50", 3)
    reference = noise_start_ratio(load_encoder("vgg19-caffe"), contents, styles)
    for name, scale in STYLE_SCALE.items():
        ratio = noise_start_ratio(load_encoder(name), contents, styles)
        assert reference / ratio == pytest.approx(scale, rel=0.33), name


@pytest.mark.golden
def test_a_style_weight_means_the_same_with_every_encoder(weights: None) -> None:
    """By default: the ratio of style to content loss at the noise start agrees within a quarter."""
    layers = {"style_layers": "relu1_1,relu2_1,relu3_1", "content_layer": "relu3_1"}
    (content,), (style,) = photographs("bsds500/images/test", 1), photographs("styles50", 1)
    ratios = {}
    for name in STYLE_SCALE:
        parts = losses_at_noise_start(load_encoder(name), content, style, **layers)
        ratios[name] = float(parts.style / parts.content)
    for name, ratio in ratios.items():
        assert ratio == pytest.approx(ratios["vgg19-caffe"], rel=0.25), name
