from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from common.errors import InputError
from common.pictures import read_picture, resize_to_width, to_tensor
from tests.transfer.decoders.networks import random_autoencoders, random_encoder
from transfer.decoders import load_autoencoders
from transfer.encoders.layout import STYLE_LAYERS
from transfer.features.whitening import spread
from transfer.methods import METHODS, parameters_object, resolve_parameters
from transfer.methods.engine import Result, Task
from transfer.methods.stylise import stylise
from transfer.methods.universal_engine import run

AUTOENCODERS = random_autoencoders()


def image(seed: int, height: int = 48, width: int = 64) -> torch.Tensor:
    coarse = torch.rand(1, 3, 6, 8, generator=torch.Generator().manual_seed(seed))
    return torch.nn.functional.interpolate(coarse, (height, width), mode="bicubic").clamp(0, 1)


def transfer(*tasks: Task, autoencoders=AUTOENCODERS, **parameters) -> list[Result]:
    values = resolve_parameters("universal", parameters)
    return run(
        METHODS["universal"],
        parameters_object("universal", values),
        tasks,
        encoder=autoencoders[0].encoder,
        precision="float32",
        progress=lambda steps: None,
        autoencoders=autoencoders,
    )


def picture_of(made: Result) -> torch.Tensor:
    assert made.picture is not None, made.error
    return made.picture[None]


def decoded(content: torch.Tensor, layers=STYLE_LAYERS) -> torch.Tensor:
    """The output of the autoencoders alone, from the deepest to the shallowest."""
    for one in reversed([one for one in AUTOENCODERS if one.layer in layers]):
        features = one.encoder(content, [one.layer])[one.layer]
        content = one.decoder(features, (content.shape[2], content.shape[3])).clamp(0, 1)
    return content


@pytest.mark.parametrize("layers", [STYLE_LAYERS, ("relu1_1",), ("relu2_1", "relu4_1")])
def test_without_strength_it_is_the_autoencoder(layers: tuple[str, ...]) -> None:
    (made,) = transfer(Task(image(0), (image(1),), 0), alpha=0, style_layers=layers)
    torch.testing.assert_close(picture_of(made), decoded(image(0), layers), atol=1e-5, rtol=0)


def test_at_full_strength_the_decoder_gets_the_styles_statistics() -> None:
    """Measured with a decoder that returns its features."""
    level = AUTOENCODERS[1]
    seen = []

    class Listening(torch.nn.Module):
        def forward(self, features: torch.Tensor, size: tuple[int, int]) -> torch.Tensor:
            seen.append(features)
            return torch.zeros(len(features), 3, *size)

    from dataclasses import replace

    spy = replace(level, decoder=Listening())
    style = image(2, 64, 56)
    transfer(
        Task(image(0), (style,), 0),
        autoencoders=(spy,),
        alpha=1,
        style_layers="relu2_1",
        eigenvalue_threshold=1e-9,
    )
    got, wanted = spread(seen[0]), spread(level.encoder(style, ["relu2_1"])["relu2_1"])
    torch.testing.assert_close(got.mean, wanted.mean, rtol=1e-3, atol=1e-4)
    torch.testing.assert_close(got.covariance, wanted.covariance, rtol=1e-2, atol=1e-3)


def test_a_batch_agrees_with_single_runs() -> None:
    """Within 1e-2: whitening amplifies the rounding of convolutions."""
    tasks = [Task(image(seed), (image(10 + seed % 2, 40, 40),), seed) for seed in range(3)]
    together = transfer(*tasks)
    for task, made in zip(tasks, together, strict=True):
        (alone,) = transfer(task)
        torch.testing.assert_close(picture_of(made), picture_of(alone), atol=1e-2, rtol=0)


def test_it_repeats_bit_for_bit() -> None:
    tasks = [Task(image(seed), (image(9),), seed) for seed in range(2)]
    for one, other in zip(transfer(*tasks), transfer(*tasks), strict=True):
        assert torch.equal(picture_of(one), picture_of(other))


def test_pictures_of_one_colour_are_accepted() -> None:
    plain, black = torch.full((1, 3, 48, 64), 0.3), torch.zeros(1, 3, 48, 64)
    tasks = [(plain, black), (black, plain), (image(0), plain), (plain, image(0))]
    for made in transfer(*(Task(content, (style,), 0) for content, style in tasks), alpha=1):
        assert made.error == ""
        assert picture_of(made).isfinite().all()


def test_a_constant_style_at_full_strength_gives_one_colour() -> None:
    (made,) = transfer(Task(image(0), (torch.full((1, 3, 48, 64), 0.6),), 0), alpha=1)
    assert picture_of(made).std(dim=(2, 3)).max() < 1e-3


def test_several_styles_have_equal_weights() -> None:
    content, style, other = image(0), image(1), image(2)
    same = [picture_of(transfer(Task(content, styles, 0))[0]) for styles in
            [(style,), (style, style)]]  # fmt: skip
    torch.testing.assert_close(same[0], same[1], atol=1e-4, rtol=0)
    both = [picture_of(transfer(Task(content, styles, 0))[0]) for styles in
            [(style, other), (other, style)]]  # fmt: skip
    torch.testing.assert_close(both[0], both[1], atol=1e-4, rtol=0)
    assert (both[0] - same[0]).abs().max() > 0.01


def test_a_task_that_is_not_finite_does_not_affect_the_others() -> None:
    broken = image(1).clone()
    broken[0, 0, 3, 3] = float("nan")
    sound, bad = Task(image(0), (image(5),), 0), Task(broken, (image(5),), 0)
    made = transfer(sound, bad, sound)
    assert made[1].picture is None
    assert "not finite" in made[1].error
    for one in (made[0], made[2]):
        torch.testing.assert_close(
            picture_of(one), picture_of(transfer(sound)[0]), atol=1e-2, rtol=0
        )


def result_of(task: Task, **options) -> Result:
    (result,) = stylise(
        "universal", [task], encoder=random_encoder(), size=64,
        parameters=resolve_parameters("universal", {}), autoencoders=AUTOENCODERS, **options,
    )  # fmt: skip
    return result


def test_stylise_runs_it_like_other_methods() -> None:
    grains = np.random.default_rng(0).integers(0, 255, (50, 64, 3), dtype=np.uint8)
    task = Task(Image.fromarray(grains), [Image.fromarray(grains[::-1, ::2])], 0)
    told: list[tuple[int, int]] = []
    result = result_of(task, progress=lambda *steps: told.append(steps))
    assert result.picture is not None
    assert result.picture.size == (64, 50)
    assert told[-1] == (1, 1)
    assert result_of(task, precision="bf16").picture is not None


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ({"alpha": 1.1}, "from 0 to 1"),
        ({"alpha": "strong"}, "from 0 to 1"),
        ({"style_layers": "relu1_1,relu3_2"}, "relu3_2 cannot be used"),
        ({"eigenvalue_threshold": -1}, "from 0"),
        ({"style_weight": 1}, "no parameter"),
    ],
)
def test_bad_parameters_are_refused(parameters: dict, said: str) -> None:
    with pytest.raises(InputError, match=said):
        resolve_parameters("universal", parameters)


@pytest.mark.golden
def test_more_strength_gives_more_of_the_style(shared: Path) -> None:
    """By the distance of mean colour and of relu1_1's covariance, with real networks."""
    found = load_autoencoders("vgg19-16x", STYLE_LAYERS[:3], weights=shared / "weights")
    data = shared / "data"
    content, style = (
        to_tensor(resize_to_width(read_picture(path), 96))
        for path in (data / "bsds500/images/test/101084.jpg", data / "styles50/73.jpg")
    )
    wanted = spread(found[0].encoder(style, ["relu1_1"])["relu1_1"])

    def distance(alpha: float) -> float:
        (made,) = transfer(
            Task(content, (style,), 0), autoencoders=found, alpha=alpha,
            style_layers=STYLE_LAYERS[:3],
        )  # fmt: skip
        got = spread(found[0].encoder(picture_of(made), ["relu1_1"])["relu1_1"])
        gap = (got.covariance - wanted.covariance).norm() / wanted.covariance.norm()
        return float(gap + (got.mean - wanted.mean).norm() / wanted.mean.norm())

    distances = [distance(alpha) for alpha in (0.0, 0.3, 0.6, 1.0)]
    assert distances == sorted(distances, reverse=True)
    assert distances[-1] < 0.3 * distances[0]
