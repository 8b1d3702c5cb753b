"""Training of the compact encoder."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file, save_file

from common.errors import InputError
from transfer.encoders import training
from transfer.encoders.architecture import (
    IMAGENET,
    QUARTER_WIDTHS,
    STYLE_LAYERS,
    Encoder,
    random_weights,
)
from transfer.encoders.descents import descent_loss, gradient_error
from transfer.encoders.distillation import (
    EncoderRecipe,
    Teacher,
    relative_errors,
    train,
)
from transfer.encoders.linear_map_error import linear_map_errors
from transfer.learning.crops import Pictures
from transfer.learning.loop import TrainingReport, learned

WIDTHS = (4, 4, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8)
RECIPE = EncoderRecipe(steps=4, batch=2, size=32, warmup=1, smallest_crop=24, altered=0.5)
CPU = torch.device("cpu")
CONVOLUTIONS = "encoder.convolutions."


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "pictures"
    place.mkdir()
    generator = np.random.default_rng(0)
    for i in range(3):
        pixels = generator.integers(0, 256, (40 + 8 * i, 48, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(place / f"{i}.png")
    return place


@pytest.fixture
def teachers() -> list[Teacher]:
    network = Encoder(random_weights(WIDTHS, seed=1), name="teacher")
    return [Teacher(network, ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1"))]


def pictures(folder: Path) -> Pictures:
    return Pictures(sorted(folder.iterdir()), CPU)


def test_crops_have_the_size_and_range_asked_for(folder: Path) -> None:
    crops = pictures(folder).crops(replace(RECIPE, altered=1.0), np.random.default_rng(0))
    assert crops.shape == (2, 3, 32, 32)
    assert crops.min() >= 0
    assert crops.max() <= 1


def test_crops_depend_on_the_generator_alone(folder: Path) -> None:
    source = pictures(folder)
    first = source.crops(RECIPE, np.random.default_rng((1, 2)))
    assert torch.equal(first, source.crops(RECIPE, np.random.default_rng((1, 2))))
    assert not torch.equal(first, source.crops(RECIPE, np.random.default_rng((1, 3))))


def test_the_relative_error_is_zero_for_equal_and_one_for_no_features() -> None:
    taught = {"relu1_1": torch.rand(2, 3, 4, 4) + 0.1}
    assert relative_errors(taught, taught)["relu1_1"] == 0
    nothing = {"relu1_1": torch.zeros(2, 3, 4, 4)}
    assert float(relative_errors(nothing, taught)["relu1_1"]) == pytest.approx(1.0)


def test_training_lowers_the_errors(folder: Path, teachers: list[Teacher], tmp_path: Path) -> None:
    seen: list[TrainingReport] = []
    recipe = replace(RECIPE, steps=40, altered=0.0)
    train(
        recipe, pictures(folder), teachers, tmp_path / "c", device=CPU, every=10, report=seen.append
    )
    assert [progress.step for progress in seen] == [10, 20, 30, 40]
    assert sum(seen[-1].losses.values()) < 0.8 * sum(seen[0].losses.values())


def test_a_resumed_training_equals_an_uninterrupted_one(
    folder: Path, teachers: list[Teacher], tmp_path: Path
) -> None:
    class StopError(Exception):
        pass

    def stop(progress: TrainingReport) -> None:
        raise StopError

    source = pictures(folder)
    train(RECIPE, source, teachers, tmp_path / "whole", device=CPU, every=2)
    with pytest.raises(StopError):
        train(RECIPE, source, teachers, tmp_path / "halved", device=CPU, every=2, report=stop)
    assert learned(tmp_path / "halved", CONVOLUTIONS)[1][-1]["step"] == 2
    train(RECIPE, source, teachers, tmp_path / "halved", device=CPU, every=2)
    whole, curve = learned(tmp_path / "whole", CONVOLUTIONS)
    halved, other_curve = learned(tmp_path / "halved", CONVOLUTIONS)
    assert len(whole) == 2 * len(WIDTHS)
    assert curve == other_curve
    assert all(torch.equal(whole[name], halved[name]) for name in whole)


def test_a_resumed_training_with_descents_equals_an_uninterrupted_one(
    folder: Path, teachers: list[Teacher], tmp_path: Path
) -> None:
    class StopError(Exception):
        pass

    def stop(progress: TrainingReport) -> None:
        raise StopError

    source, recipe = pictures(folder), replace(RECIPE, descents=3, descent_steps=2)
    start = random_weights(QUARTER_WIDTHS, seed=3)
    train(recipe, source, teachers, tmp_path / "whole", start=start, device=CPU, every=2)
    for report in (stop, lambda progress: None):
        with suppress(StopError):
            train(
                recipe,
                source,
                teachers,
                tmp_path / "halved",
                start=start,
                device=CPU,
                every=2,
                report=report,
            )
    whole, curve = learned(tmp_path / "whole", CONVOLUTIONS)
    halved, other_curve = learned(tmp_path / "halved", CONVOLUTIONS)
    assert curve == other_curve
    assert set(curve[-1]) == {"step", *teachers[0].layers, "gradient"}
    assert all(torch.equal(whole[name], halved[name]) for name in whole)
    assert not torch.equal(whole["conv1_1.weight"], start["conv1_1.weight"].half())


def test_training_in_descent_lowers_the_error_of_gradients(folder: Path, tmp_path: Path) -> None:
    weights = random_weights(QUARTER_WIDTHS, seed=3)
    teacher = Encoder(weights, name="teacher", convention=IMAGENET, padding="reflect")
    generator = torch.Generator().manual_seed(0)
    start = {
        name: tensor * (1 + 0.3 * torch.randn(tensor.shape, generator=generator))
        for name, tensor in weights.items()
    }
    recipe = replace(RECIPE, steps=30, rate=1e-3, altered=0.0, descents=2, descent_steps=9)
    student = train(
        recipe,
        pictures(folder),
        [Teacher(teacher, STYLE_LAYERS)],
        tmp_path / "c",
        start=start,
        device=CPU,
    )

    # The errors of the curve do not show it: the descents of later steps are at other pictures.
    def gradient(encoder: Encoder) -> torch.Tensor:
        noise = torch.Generator().manual_seed(1)
        picture, content, style = torch.rand(3, 1, 3, 32, 32, generator=noise)
        picture.requires_grad_()
        features = [encoder(one, STYLE_LAYERS) for one in (picture, content, style)]
        loss = descent_loss(*features, torch.ones(1, 6))
        (found,) = torch.autograd.grad(loss.sum(), picture)
        return found

    wanted = gradient(teacher)
    before = Encoder(start, name="start", convention=IMAGENET, padding="reflect")
    assert gradient_error(gradient(student.encoder), wanted) < 0.9 * gradient_error(
        gradient(before), wanted
    )


def test_gradients_need_a_teacher_of_every_layer(folder: Path, tmp_path: Path) -> None:
    shallow = Encoder(random_weights(WIDTHS, "relu3_1"), name="shallow")
    with pytest.raises(InputError, match="reaches relu5_1"):
        train(
            replace(RECIPE, descents=2),
            pictures(folder),
            [Teacher(shallow, ("relu1_1",))],
            tmp_path / "c",
            device=CPU,
        )


def test_a_network_that_starts_as_its_teacher_has_no_error(folder: Path, tmp_path: Path) -> None:
    weights = random_weights(QUARTER_WIDTHS, seed=3)
    teacher = Encoder(weights, name="teacher", convention=IMAGENET, padding="reflect")
    recipe = replace(RECIPE, steps=1, rate=0.0, descents=2)
    train(
        recipe,
        pictures(folder),
        [Teacher(teacher, ("relu1_1", "relu3_1"))],
        tmp_path / "c",
        start=weights,
        device=CPU,
    )
    row = learned(tmp_path / "c", CONVOLUTIONS)[1][-1]
    assert row["relu1_1"] < 1e-6
    assert row["relu3_1"] < 1e-6
    assert abs(row["gradient"]) < 1e-5


def test_a_checkpoint_of_another_recipe_is_refused(
    folder: Path, teachers: list[Teacher], tmp_path: Path
) -> None:
    train(replace(RECIPE, steps=2), pictures(folder), teachers, tmp_path / "c", device=CPU, every=1)
    with pytest.raises(InputError, match="another recipe"):
        train(RECIPE, pictures(folder), teachers, tmp_path / "c", device=CPU)
    torch.save({"recipe": asdict(RECIPE), "student": {}}, tmp_path / "old")
    with pytest.raises(InputError, match="an older version"):
        train(RECIPE, pictures(folder), teachers, tmp_path / "old", device=CPU)


def test_a_network_agrees_with_itself_and_with_any_linear_map_of_itself(
    teachers: list[Teacher],
) -> None:
    def images() -> Iterator[torch.Tensor]:
        generator = torch.Generator().manual_seed(0)
        for _ in range(3):
            yield torch.rand(1, 3, 48, 48, generator=generator)

    same = linear_map_errors(teachers[0].encoder, teachers, images(), images())
    assert max(same.values()) < 1e-6
    other = Encoder(random_weights(WIDTHS, seed=5), name="other")
    errors = linear_map_errors(other, teachers, images(), images())
    assert all(0.001 < error < 1 for error in errors.values())


def test_the_command_trains_and_writes_weights(
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    weights = tmp_path / "teachers"
    weights.mkdir()
    for name, deepest in (
        ("vgg19-16x_encoder5", "relu5_1"),
        ("vgg19-normalised_encoder3", "relu3_1"),
    ):
        path = weights / f"{name}.safetensors"
        save_file(random_weights(WIDTHS, deepest), path)
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        path.with_name(f"{path.name}.sha256").write_text(digest)
    out = tmp_path / "out.safetensors"
    command = ["training", "--images", str(folder), "--teachers", str(weights), "--out", str(out)]
    command += ["--steps=2", "--batch=1", "--size=32", "--smallest-crop=24", "--device=cpu"]
    monkeypatch.setattr("sys.argv", [*command, "--fit", str(folder), "--measure", str(folder)])
    assert training.main() == 0
    assert load_file(out)["conv5_1.weight"].dtype == torch.float16
    monkeypatch.setattr(
        "sys.argv",
        [
            *command,
            "--teacher=vgg19-16x",
            f"--start={out}",
            "--descents=2",
            f"--out={tmp_path / 'second.safetensors'}",
        ],
    )
    assert training.main() == 0
    printed = capsys.readouterr().err
    assert "step 2 of 2" in printed
    assert ", gradient " in printed
    assert "relative errors: relu1_1" in printed


def test_the_command_names_an_empty_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["training", "--images", str(tmp_path), "--teachers", str(tmp_path)]
    monkeypatch.setattr("sys.argv", [*command, "--out", str(tmp_path / "o")])
    assert training.main() == 2
    assert "no weights for encoder" in capsys.readouterr().err
