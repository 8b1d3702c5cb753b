from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from torch import Tensor

from common.pictures import to_tensor
from tests.transfer.decoders.networks import random_autoencoders, random_encoder
from transfer.encoders.architecture import Encoder, random_weights
from transfer.features.colour import luminance, match_colours, match_luminance, with_chrominance
from transfer.methods import METHODS, resolve_parameters
from transfer.methods.stylise import Result, Task, stylise

WIDTHS = (8, 8, 16, 16, 32, 32, 32, 32, 64, 64, 64, 64, 64)
SEEDS = st.integers(0, 2**31 - 1)


def random(seed: int, height: int = 12, width: int = 16) -> Tensor:
    """Correlated colours, as in pictures."""
    chance = torch.Generator().manual_seed(seed)
    mixed = torch.randn(3, 3, generator=chance) @ torch.rand(3, height * width, generator=chance)
    return mixed.sigmoid().reshape(1, 3, height, width)


def chrominance(pictures: Tensor) -> Tensor:
    return pictures - luminance(pictures)


def moments(pictures: Tensor) -> tuple[np.ndarray, np.ndarray]:
    colours = pictures.double().flatten(2)[0].numpy()
    return colours.mean(axis=1), np.cov(colours)


@given(SEEDS)
def test_a_matched_style_has_the_contents_colour_mean_and_covariance(seed: int) -> None:
    content, style = random(seed), random(seed + 1, 16, 10)
    for matched, wanted in zip(
        moments(match_colours(style, content)), moments(content), strict=True
    ):
        np.testing.assert_allclose(matched, wanted, atol=2e-6)


def test_a_grey_style_gets_the_mean_and_stays_finite() -> None:
    content, style = random(0), luminance(random(1)).expand(1, 3, 12, 16)
    matched = match_colours(style, content)
    np.testing.assert_allclose(moments(matched)[0], moments(content)[0], atol=2e-6)
    assert np.linalg.matrix_rank(moments(matched)[1], tol=1e-9) == 1
    assert matched.isfinite().all()


@given(SEEDS)
def test_a_matched_luminance_has_the_contents_mean_and_deviation(seed: int) -> None:
    content = random(seed)
    matched = match_luminance(random(seed + 1, 16, 10), content)
    theirs = luminance(content)
    assert matched.mean().item() == pytest.approx(theirs.mean().item(), abs=1e-5)
    assert matched[:, 0].equal(matched[:, 1])
    assert matched[:, :1].std(correction=0).item() == pytest.approx(
        theirs.std(correction=0).item(), abs=1e-5
    )


def test_a_style_without_contrast_gets_the_mean_luminance() -> None:
    content = random(0)
    matched = match_luminance(torch.full((1, 3, 8, 8), 0.3), content)
    torch.testing.assert_close(matched, luminance(content).mean().expand_as(matched))


@given(SEEDS)
def test_chrominance_is_kept_within_the_range_of_rgb(seed: int) -> None:
    picture, content = 3 * random(seed) - 1, random(seed + 1)
    joined = with_chrominance(picture, content)
    torch.testing.assert_close(chrominance(joined), chrominance(content), atol=1e-6, rtol=0)
    assert joined.min() >= -1e-6
    assert joined.max() <= 1 + 1e-6


def test_the_luminance_is_the_pictures_within_the_range_of_rgb() -> None:
    content = 0.4 + 0.2 * random(0)
    picture = 0.4 + 0.2 * random(1)
    torch.testing.assert_close(luminance(with_chrominance(picture, content)), luminance(picture))


def coarse(width: int, height: int, seed: int) -> Image.Image:
    few = np.random.default_rng(seed).integers(40, 215, (6, 6, 3), dtype=np.uint8)
    return Image.fromarray(few).resize((width, height), Image.Resampling.BICUBIC)


CONTENT, STYLE = coarse(64, 48, 0), coarse(48, 64, 1)


def made(**parameters: object) -> Result:
    encoder = Encoder(random_weights(WIDTHS), name="random", padding="reflect")
    task = Task(CONTENT, [STYLE], seed=0)
    changes = resolve_parameters("gatys", {"iterations": 4} | parameters)
    (result,) = stylise("gatys", [task], encoder=encoder, parameters=changes, size=64)
    assert result.picture is not None, result.error
    return result


def as_tensor(result: Result) -> Tensor:
    assert result.picture is not None
    return to_tensor(result.picture)


def test_luminance_only_keeps_the_contents_chrominance() -> None:
    result = as_tensor(made(colour="luminance"))
    content = to_tensor(CONTENT)
    # Each of the two is rounded to 1/255, and a luminance is a mean of rounded values.
    assert (chrominance(result) - chrominance(content)).abs().max() <= 1.01 / 255
    assert (luminance(result) - luminance(content)).abs().max() > 0.05
    free = as_tensor(made())
    assert (chrominance(free) - chrominance(content)).abs().max() > 0.05


def test_histogram_is_the_transfer_from_the_matched_style() -> None:
    """A style that has the content's colours already is not changed."""
    encoder = Encoder(random_weights(WIDTHS), name="random", padding="reflect")
    task = Task(CONTENT, [CONTENT], seed=0)
    both = [
        stylise("gatys", [task], encoder=encoder, parameters=changes, size=64)[0]
        for changes in (
            resolve_parameters("gatys", {"iterations": 2, "colour": colour})
            for colour in ("free", "histogram")
        )
    ]
    torch.testing.assert_close(as_tensor(both[0]), as_tensor(both[1]), atol=2 / 255, rtol=0)
    assert as_tensor(made(colour="histogram")).ne(as_tensor(made())).any()


def test_free_is_the_default_and_changes_nothing() -> None:
    assert made(colour="free").picture == made().picture


@pytest.mark.parametrize("key", [key for key in METHODS if key != "inversion"])  # has no content
def test_old_recipes_stay_valid(key: str) -> None:
    values = resolve_parameters(key, {})
    assert "colour" not in values
    assert resolve_parameters(key, {"colour": "free"}) == values
    assert resolve_parameters(key, {"colour": "luminance"}) == values | {"colour": "luminance"}


def test_universal_keeps_the_contents_chrominance_too() -> None:
    (result,) = stylise(
        "universal",
        [Task(CONTENT, [STYLE], seed=0)],
        encoder=random_encoder(),
        parameters=resolve_parameters(
            "universal", {"colour": "luminance", "style_layers": "relu1_1,relu2_1"}
        ),
        size=64,
        autoencoders=random_autoencoders(("relu1_1", "relu2_1")),
    )
    difference = chrominance(as_tensor(result)) - chrominance(to_tensor(CONTENT))
    assert difference.abs().max() <= 1.01 / 255
