"""Training of decoders."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from common.errors import InputError
from tests.transfer.decoders.networks import random_encoder
from transfer.decoders import training
from transfer.decoders.architecture import Decoder, decoder_convolutions, random_decoder
from transfer.decoders.reconstruction import (
    DecoderRecipe,
    preset_of,
    reconstruction_losses,
    reconstruction_psnr,
    train,
)
from transfer.encoders.architecture import Encoder
from transfer.learning.crops import Pictures
from transfer.learning.loop import TrainingReport

RECIPE = DecoderRecipe(level=1, steps=4, batch=2, size=24, warmup=1, smallest_crop=16)
CPU = torch.device("cpu")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "pictures"
    place.mkdir()
    generator = np.random.default_rng(0)
    for i in range(2):
        coarse = generator.integers(0, 256, (6, 8, 3), dtype=np.uint8)
        Image.fromarray(coarse).resize((48, 36)).save(place / f"{i}.png")
    return place


@pytest.fixture
def pictures(folder: Path) -> Pictures:
    return Pictures(sorted(folder.iterdir()), CPU)


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return random_encoder()


class Known(Decoder):
    """A decoder that returns a given picture."""

    def __init__(self, answer: torch.Tensor) -> None:
        super().__init__(random_decoder(random_encoder().widths, 1), 1)
        self.answer = answer

    def forward(self, features: torch.Tensor, size: tuple[int, int]) -> torch.Tensor:
        return self.answer


def test_the_losses_are_the_two_relative_distances_of_equation_28(encoder: Encoder) -> None:
    image, other = torch.rand(2, 3, 16, 16), torch.rand(2, 3, 16, 16)
    pixel, feature = reconstruction_losses(encoder, Known(other), image)
    assert float(pixel) == pytest.approx(
        float((other - image).norm() ** 2 / image.norm() ** 2), rel=1e-5
    )
    f, g = (encoder(one, ["relu1_1"])["relu1_1"] for one in (image, other))
    assert float(feature) == pytest.approx(float((g - f).norm() ** 2 / f.norm() ** 2), rel=1e-5)
    assert [float(loss) for loss in reconstruction_losses(encoder, Known(image), image)] == [0, 0]


def test_the_psnr_is_that_of_the_mean_squared_error(encoder: Encoder) -> None:
    image = torch.full((1, 3, 8, 8), 0.5)
    psnr = reconstruction_psnr(encoder, Known(image + 0.1), [image, image])
    assert psnr == pytest.approx(20.0, abs=1e-4)
    assert reconstruction_psnr(encoder, Known(image * 9), [torch.ones(1, 3, 8, 8)]) == float("inf")
    with pytest.raises(InputError, match="no picture to measure"):
        reconstruction_psnr(encoder, Known(image), [])


@pytest.mark.parametrize("level", [1, 3])
def test_training_lowers_both_losses(
    pictures: Pictures, encoder: Encoder, tmp_path: Path, level: int
) -> None:
    seen: list[TrainingReport] = []
    recipe = replace(RECIPE, level=level, steps=60, altered=0.0)
    train(
        recipe, pictures, encoder, tmp_path / "c", device=CPU, every=10, report=seen.append
    )  # fmt: skip
    assert [one.step for one in seen] == [10, 20, 30, 40, 50, 60]
    assert seen[-1].losses["pixel"] < 0.5 * seen[0].losses["pixel"]
    assert seen[-1].losses["feature"] < 0.5 * seen[0].losses["feature"]


def test_a_resumed_training_equals_an_uninterrupted_one(
    pictures: Pictures, encoder: Encoder, tmp_path: Path
) -> None:
    whole = train(RECIPE, pictures, encoder, tmp_path / "whole", device=CPU, every=2)

    class StoppedError(Exception):
        pass

    def stop(progress: TrainingReport) -> None:
        raise StoppedError

    with pytest.raises(StoppedError):
        train(RECIPE, pictures, encoder, tmp_path / "part", device=CPU, every=2, report=stop)
    resumed = train(RECIPE, pictures, encoder, tmp_path / "part", device=CPU, every=2)
    for name, tensor in whole.state_dict().items():
        assert torch.equal(tensor, resumed.state_dict()[name])
    with pytest.raises(InputError, match="another recipe"):
        train(replace(RECIPE, seed=1), pictures, encoder, tmp_path / "part", device=CPU)


def test_it_begins_with_a_shallower_decoder(
    pictures: Pictures, encoder: Encoder, tmp_path: Path
) -> None:
    start = random_decoder(encoder.widths, 1, seed=9)
    recipe = replace(RECIPE, level=2, steps=1, rate=0.0)
    decoder = train(recipe, pictures, encoder, tmp_path / "c", start=start, device=CPU)
    assert torch.equal(decoder.convolutions["conv1_1"].weight, start["conv1_1.weight"])
    with pytest.raises(InputError, match="does not fit this decoder"):
        train(
            recipe, pictures, encoder, tmp_path / "d", device=CPU,
            start={"conv1_1.weight": torch.zeros(3, 9, 3, 3)},
        )  # fmt: skip


def test_the_command_writes_float16_weights_with_their_history(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    out = tmp_path / "decoder.safetensors"
    arguments = [
        "training", "--level", "2", "--images", str(folder), "--out", str(out), "--steps", "2",
        "--batch", "1", "--size", "16", "--smallest-crop", "16", "--measure", str(folder),
        "--device", "cpu",
    ]  # fmt: skip
    monkeypatch.setattr("sys.argv", arguments)
    assert training.main() == 0
    assert "dB PSNR" in capsys.readouterr().err
    tensors = load_file(out)
    assert {name.rpartition(".")[0] for name in tensors} == set(decoder_convolutions(2))
    assert {tensor.dtype for tensor in tensors.values()} == {torch.float16}
    with safe_open(out, "pt") as file:
        metadata = file.metadata()
    assert metadata["encoder"].startswith("compact:")
    assert json.loads(metadata["recipe"])["level"] == 2
    assert json.loads(metadata["curve"])[-1]["step"] == 2


def test_the_command_reports_errors_in_one_line(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    start = tmp_path / "start.safetensors"
    save_file({"conv1_1.weight": torch.zeros(1, 1, 1, 1)}, start)
    for images, extra in ((empty, []), (folder, ["--start", str(start)])):
        monkeypatch.setattr(
            "sys.argv",
            ["training", "--level", "1", "--images", str(images), "--out", str(tmp_path / "o"),
             "--steps", "1", *extra],
        )  # fmt: skip
        assert training.main() == 2
        assert len(capsys.readouterr().err.strip().splitlines()) == 1


@pytest.mark.parametrize(("level", "epochs"), [(1, 3), (2, 3), (3, 5), (4, 5)])
def test_the_published_training_is_a_preset(level: int, epochs: int) -> None:
    """Chiu & Gurari 2020, supplement §2."""
    recipe = DecoderRecipe(level=level, **preset_of("chiu-gurari-2020", level, 1000))
    assert recipe.steps == epochs * 1000 / 8
    assert (recipe.batch, recipe.resized, recipe.size) == (8, 512, 256)
    assert {recipe.rate_at(step) for step in (0, 10, recipe.steps - 1)} == {1e-4}
    assert (recipe.altered, recipe.feature_weight, recipe.losses) == (0, 1, "sum")


def test_losses_may_be_the_printed_sums(encoder: Encoder) -> None:
    decoder = Decoder(random_decoder(encoder.widths, 2), 2)
    images = torch.rand(2, 3, 24, 24, generator=torch.Generator().manual_seed(0))
    pixel, feature = reconstruction_losses(encoder, decoder, images, losses="sum")
    features = encoder(images, ["relu2_1"])["relu2_1"]
    again = decoder(features, (24, 24))
    back = encoder(again, ["relu2_1"])["relu2_1"]
    for found, one, other in ((pixel, again, images), (feature, back, features)):
        assert float(found) == pytest.approx(float((one - other).norm() ** 2) / 2, rel=1e-4)


def test_crops_of_resized_pictures_have_their_size(pictures: Pictures) -> None:
    crops = pictures.crops(replace(RECIPE, resized=40), np.random.default_rng(0))
    assert crops.shape == (2, 3, 24, 24)
    assert not torch.equal(crops[0], crops[1])


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"resized": 10}, "hold no crop of 24 px"),
        ({"schedule": "steep"}, "unknown schedule"),
        ({"losses": "none"}, "unknown losses"),
    ],
)
def test_recipes_that_cannot_be_used_are_refused(changes: dict, says: str) -> None:
    with pytest.raises(InputError, match=says):
        replace(RECIPE, **changes)
