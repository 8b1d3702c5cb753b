from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image

from common.errors import InputError
from transfer.encoders.architecture import Encoder, random_weights
from transfer.methods import METHODS, resolve_parameters
from transfer.methods.stylise import Result, Task, stylise

DESCENTS = [key for key, method in METHODS.items() if method.compose is not None]
WIDTHS = (8, 8, 16, 16, 32, 32, 32, 32, 64, 64, 64, 64, 64)


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return Encoder(random_weights(WIDTHS), name="random", padding="reflect")


def picture(width: int, height: int, seed: int) -> Image.Image:
    coarse = np.random.default_rng(seed).integers(0, 255, (8, 8, 3), dtype=np.uint8)
    return Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC)


def task(seed: int = 0, height: int = 48) -> Task:
    return Task(picture(64, height, seed), [picture(48, 64, 100 + seed)], seed)


def make(encoder: Encoder, tasks: list[Task], method: str = "gatys", **options) -> list[Result]:
    parameters = resolve_parameters(method, {"iterations": 4} | options.pop("parameters", {}))
    return stylise(method, tasks, encoder=encoder, parameters=parameters, size=64, **options)


def pixels(result: Result) -> np.ndarray:
    assert result.picture is not None, result.error
    return np.asarray(result.picture).astype(float) / 255


@pytest.mark.parametrize("method", DESCENTS)
def test_it_makes_a_picture_by_every_method(encoder: Encoder, method: str) -> None:
    (result,) = make(encoder, [task()], method)
    assert result.error == ""
    assert result.picture is not None
    assert (result.picture.size, result.picture.mode) == ((64, 48), "RGB")
    assert set(result.losses) >= {"content", "style", "total"}
    assert all(np.isfinite(value) for value in result.losses.values())
    assert result.seconds > 0
    assert result.evaluations >= 5


@pytest.mark.parametrize("method", DESCENTS)
def test_its_loss_falls(encoder: Encoder, method: str) -> None:
    totals = [
        make(encoder, [task()], method, parameters={"iterations": n})[0].losses["total"]
        for n in (1, 12)
    ]
    assert totals[1] < 0.7 * totals[0]


@pytest.mark.parametrize("method", DESCENTS)
def test_it_repeats_bit_for_bit(encoder: Encoder, method: str) -> None:
    first, second = (make(encoder, [task(0), task(1)], method) for _ in range(2))
    for one, other in zip(first, second, strict=True):
        assert one.picture is not None
        assert other.picture is not None
        assert one.picture.tobytes() == other.picture.tobytes()
        assert one.losses == other.losses


def test_the_noise_depends_on_the_seed(encoder: Encoder) -> None:
    noisy = {"noise_std": 0.1, "iterations": 1}
    content, styles = task().content, task().styles
    first, second = (
        pixels(make(encoder, [Task(content, styles, seed)], parameters=noisy)[0]) for seed in (1, 2)
    )
    assert np.abs(first - second).mean() > 0.02


def test_a_batch_agrees_with_single_runs(encoder: Encoder) -> None:
    """Float32 after five steps from noise: within 1e-2 of the pixels' range."""
    tasks = [task(seed) for seed in range(3)]
    together = make(encoder, tasks, parameters={"iterations": 5})
    for one, result in zip(tasks, together, strict=True):
        (alone,) = make(encoder, [one], parameters={"iterations": 5})
        assert np.abs(pixels(alone) - pixels(result)).max() <= 1e-2


def test_it_takes_contents_of_different_sizes_in_their_order(encoder: Encoder) -> None:
    results = make(encoder, [task(0, 48), task(1, 40), task(2, 48)])
    assert [result.picture.size for result in results if result.picture] == [
        (64, 48),
        (64, 40),
        (64, 48),
    ]
    (alone,) = make(encoder, [task(1, 40)])
    assert np.array_equal(pixels(alone), pixels(results[1]))


def test_a_failing_task_does_not_affect_the_others(encoder: Encoder) -> None:
    flat = Task(Image.new("RGB", (640, 20)), task().styles, 0)  # 2 pixels high at this width
    unstyled = Task(task().content, [], 0)
    results = make(encoder, [flat, task(1), unstyled])
    assert results[0].picture is None
    assert "too small" in results[0].error
    assert results[2].picture is None
    assert "no style" in results[2].error
    (alone,) = make(encoder, [task(1)])
    assert np.array_equal(pixels(results[1]), pixels(alone))


def test_an_image_whose_loss_is_not_finite_does_not_affect_the_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The encoder answers NaN for the second of three pictures."""

    class Faulty(Encoder):
        def forward(self, images, layers):
            features = super().forward(images, layers)
            if len(images) == 3 and images.requires_grad:
                mask = torch.ones(3, 1, 1, 1)
                mask[1] = torch.nan
                features = {name: value * mask for name, value in features.items()}
            return features

    results = make(
        Faulty(random_weights(WIDTHS), name="random", padding="reflect"),
        [task(0), task(1), task(2)],
    )
    assert results[1].picture is None
    assert "not finite" in results[1].error
    sound = make(
        Encoder(random_weights(WIDTHS), name="random", padding="reflect"),
        [task(0), task(1), task(2)],
    )
    for i in (0, 2):
        assert np.abs(pixels(results[i]) - pixels(sound[i])).max() <= 1e-2


def test_pictures_of_one_colour_are_accepted(encoder: Encoder) -> None:
    plain = Image.new("RGB", (64, 64), (120, 30, 200))
    black = Image.new("RGB", (64, 64))
    for method in DESCENTS:
        results = make(encoder, [Task(plain, [black], 0), Task(black, [plain], 0)], method)
        assert [result.error for result in results] == ["", ""]


def test_it_averages_several_styles(encoder: Encoder) -> None:
    content, style, other = task().content, picture(64, 64, 7), picture(64, 64, 8)

    def by(*styles: Image.Image) -> np.ndarray:
        return pixels(make(encoder, [Task(content, styles, 0)])[0])

    assert np.allclose(by(style, style), by(style), atol=0.01)
    assert np.abs(by(style, other) - by(style)).mean() > 0.003


def test_it_reports_its_progress(encoder: Encoder) -> None:
    told: list[tuple[int, int]] = []
    make(encoder, [task(0), task(1, 40)], progress=lambda *steps: told.append(steps))
    assert {total for _, total in told} == {8}
    done = [steps for steps, _ in told]
    assert done == sorted(done)
    assert done[-1] == 8


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ({"init": "content"}, None),
        ({"init": "content+noise", "noise_std": 0.05}, None),
        ({"normalisation": "gatys"}, None),
        ({"normalisation": "paper"}, None),
        ({"style_weight": 0}, None),
        ({"content_weight": 0}, None),
        ({"iterations": 0}, "whole number"),
    ],
)
def test_it_takes_every_start_and_normalisation(
    encoder: Encoder, parameters: dict, said: str | None
) -> None:
    if said is None:
        assert make(encoder, [task()], parameters=parameters)[0].error == ""
    else:
        with pytest.raises(InputError, match=said):
            make(encoder, [task()], parameters=parameters)


def test_starting_from_the_content_without_style_changes_nothing(encoder: Encoder) -> None:
    (result,) = make(encoder, [task()], parameters={"init": "content", "style_weight": 0})
    assert result.picture is not None
    assert result.picture.tobytes() == task().content.tobytes()
    assert result.losses["total"] == 0


def test_it_refuses_layers_that_the_encoder_does_not_have() -> None:
    shallow = Encoder(random_weights(WIDTHS, deepest="relu3_1"), name="shallow")
    with pytest.raises(InputError, match="reaches only relu3_1"):
        make(shallow, [task()])
    parameters = {"style_layers": "relu1_1,relu2_1", "content_layer": "relu3_1"}
    assert make(shallow, [task()], parameters=parameters)[0].error == ""


def test_it_refuses_an_unknown_precision(encoder: Encoder) -> None:
    with pytest.raises(InputError, match="float32, tf32, bf16"):
        make(encoder, [task()], precision="float16")


def test_bf16_is_close_to_float32(encoder: Encoder) -> None:
    options = {"iterations": 3, "init": "content"}
    exact = pixels(make(encoder, [task()], parameters=options)[0])
    rough = pixels(make(encoder, [task()], parameters=options, precision="bf16")[0])
    assert 0 < np.abs(exact - rough).mean() < 0.05


def test_it_halves_a_group_that_does_not_fit(
    encoder: Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    from transfer.methods import descent

    run, sizes = descent.run, []

    def scarce(method, parameters, tasks, **options):
        sizes.append(len(tasks))
        if len(tasks) > 1 or tasks[0].seed == 2:
            raise torch.cuda.OutOfMemoryError
        return run(method, parameters, tasks, **options)

    monkeypatch.setattr(descent, "run", scarce)
    results = make(encoder, [task(seed) for seed in range(3)])
    assert sizes == [3, 1, 2, 1, 1]
    assert [bool(result.picture) for result in results] == [True, True, False]
    assert "memory" in results[2].error


def test_it_halves_a_group_that_is_estimated_not_to_fit(
    encoder: Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    from transfer.methods import descent
    from transfer.methods import stylise as module
    from transfer.methods.memory import descent_bytes

    run, sizes = descent.run, []

    def counted(method, parameters, tasks, **options):
        sizes.append(len(tasks))
        return run(method, parameters, tasks, **options)

    each = descent_bytes(encoder.widths, (48, 64), padding="reflect")
    monkeypatch.setattr(descent, "run", counted)
    monkeypatch.setattr(module, "free_memory", lambda device: 2 * each)
    results = make(encoder, [task(seed) for seed in range(5)])
    assert sizes == [2, 1, 2]
    assert all(result.picture for result in results)
