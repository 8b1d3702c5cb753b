"""Properties of `adain`, `avatar-net`, `ift` and `universal`, which decode features."""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module

import pytest
import torch

from common.errors import InputError
from tests.transfer.decoders.networks import random_autoencoders
from transfer.encoders.layout import STYLE_LAYERS
from transfer.methods import METHODS, parameters_object, resolve_parameters
from transfer.methods.engine import Result, Task

AUTOENCODERS = random_autoencoders()
KEYS = ("adain", "avatar-net", "ift", "universal")


def image(seed: int, height: int = 48, width: int = 64) -> torch.Tensor:
    coarse = torch.rand(1, 3, 6, 8, generator=torch.Generator().manual_seed(seed))
    return torch.nn.functional.interpolate(coarse, (height, width), mode="bicubic").clamp(0, 1)


def transfer(key: str, *tasks: Task, autoencoders=AUTOENCODERS, **changes) -> list[Result]:
    values = resolve_parameters(key, changes)
    return import_module(f"transfer.methods.{METHODS[key].engine}").run(
        METHODS[key],
        parameters_object(key, values),
        tasks,
        encoder=autoencoders[0].encoder,
        precision="float32",
        progress=lambda steps: None,
        autoencoders=autoencoders,
    )


def picture_of(result: Result) -> torch.Tensor:
    assert result.picture is not None, result.error
    return result.picture[None]


def decoded(content: torch.Tensor, layers) -> torch.Tensor:
    """The output of the autoencoders alone, from the deepest to the shallowest."""
    for one in reversed([one for one in AUTOENCODERS if one.layer in layers]):
        features = one.encoder(content, [one.layer])[one.layer]
        content = one.decoder(features, (content.shape[2], content.shape[3])).clamp(0, 1)
    return content


class Listening(torch.nn.Module):
    """A decoder that records its features and returns black pictures."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[torch.Tensor] = []

    def forward(self, features: torch.Tensor, size: tuple[int, int]) -> torch.Tensor:
        self.seen.append(features)
        return torch.zeros(len(features), 3, *size)


def features_before_decoding(key: str, task: Task, layer: str, **changes) -> torch.Tensor:
    decoder = Listening()
    level = replace(AUTOENCODERS[STYLE_LAYERS.index(layer)], decoder=decoder)
    transfer(key, task, autoencoders=(level,), style_layers=layer, **changes)
    return decoder.seen[0]


@pytest.mark.parametrize("key", KEYS)
def test_a_batch_agrees_with_single_runs(key: str) -> None:
    tasks = [Task(image(seed), (image(10 + seed % 2, 40, 40),), seed) for seed in range(3)]
    for task, result in zip(tasks, transfer(key, *tasks), strict=True):
        (alone,) = transfer(key, task)
        torch.testing.assert_close(picture_of(result), picture_of(alone), atol=1e-2, rtol=0)


@pytest.mark.parametrize("key", KEYS)
def test_it_repeats_bit_for_bit(key: str) -> None:
    tasks = [Task(image(seed), (image(9),), seed) for seed in range(2)]
    pairs = zip(transfer(key, *tasks), transfer(key, *tasks), strict=True)
    assert all(torch.equal(picture_of(one), picture_of(other)) for one, other in pairs)


@pytest.mark.parametrize("key", KEYS)
def test_pictures_of_one_colour_are_accepted(key: str) -> None:
    plain, black = torch.full((1, 3, 48, 64), 0.3), torch.zeros(1, 3, 48, 64)
    pairs = [(plain, black), (black, plain), (image(0), plain), (plain, image(0)), (black, black)]
    for result in transfer(key, *(Task(content, (style,), 0) for content, style in pairs)):
        assert result.error == ""
        assert picture_of(result).isfinite().all()


@pytest.mark.parametrize("key", KEYS)
def test_a_task_that_is_not_finite_does_not_affect_the_others(key: str) -> None:
    broken = image(1).clone()
    broken[0, 0, 3, 3] = float("nan")
    sound = Task(image(0), (image(5),), 0)
    results = transfer(key, sound, Task(broken, (image(5),), 0), sound)
    assert results[1].picture is None
    assert "not finite" in results[1].error
    torch.testing.assert_close(
        picture_of(results[0]), picture_of(transfer(key, sound)[0]), atol=1e-2, rtol=0
    )


@pytest.mark.parametrize("key", KEYS)
def test_equal_shares_are_the_default_and_a_share_of_one_is_that_style(key: str) -> None:
    content, one, other = image(0), image(1), image(2, 40, 56)
    both = Task(content, (one, other), 0)
    default, equal, first = (
        picture_of(transfer(key, both, **changes)[0])
        for changes in ({}, {"style_share": "0.5,0.5"}, {"style_share": "1,0"})
    )
    torch.testing.assert_close(default, equal, atol=1e-3, rtol=0)
    alone = picture_of(transfer(key, Task(content, (one,), 0))[0])
    torch.testing.assert_close(first, alone, atol=1e-3, rtol=0)
    assert (default - first).abs().max() > 0.01


@pytest.mark.parametrize("key", ["adain", "ift", "universal"])
def test_without_strength_it_is_the_autoencoder(key: str) -> None:
    none = {"n_upd": 0} if key == "ift" else {"alpha": 0}
    layers = resolve_parameters(key, {})["style_layers"]
    (result,) = transfer(key, Task(image(0), (image(1),), 0), **none)
    torch.testing.assert_close(picture_of(result), decoded(image(0), layers), atol=1e-5, rtol=0)


@pytest.mark.parametrize("key", KEYS)
def test_a_level_without_decoders_is_refused(key: str) -> None:
    with pytest.raises(InputError, match="decoders begin at relu1_1") as caught:
        resolve_parameters(key, {"style_layers": "relu1_2"})
    assert "\n" not in str(caught.value)
