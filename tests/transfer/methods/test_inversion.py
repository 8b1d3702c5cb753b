from __future__ import annotations

import pytest
import torch

from common.errors import InputError
from transfer.encoders.architecture import Encoder, random_weights
from transfer.methods import METHODS, parameters_object, resolve_parameters
from transfer.methods.engine import Result, Task
from transfer.methods.inversion_engine import descent_of, noise_of, run
from transfer.methods.resumable import invert

WIDTHS = (8, 8, 16, 16)
ENCODER = Encoder(random_weights(WIDTHS, "relu2_2"), name="random", padding="reflect")
CHOICES = [
    {"loss": "gram"},
    {"loss": "moments", "moments": 1},
    {"loss": "moments", "moments": 4},
    {"loss": "moments", "moments": 3, "moment_kind": "central"},
    {"loss": "mmd"},
]


def style(seed: int, height: int = 16, width: int = 24) -> torch.Tensor:
    coarse = torch.rand(1, 3, 4, 6, generator=torch.Generator().manual_seed(seed))
    return torch.nn.functional.interpolate(coarse, (height, width), mode="bicubic").clamp(0, 1)


def task(seed: int = 1, noise: int = 0) -> Task[torch.Tensor]:
    return Task(style(seed), [style(seed)], noise)


def parameters(**changes):
    # 200 steps of relu1_1's gram loss and 240 further ones, or shorter
    values = resolve_parameters("inversion", {"budget": 2e-4, "layer": "relu1_1"} | changes)
    return parameters_object("inversion", values)


def make(*tasks: Task, **changes) -> list[Result]:
    return run(
        METHODS["inversion"], parameters(**changes), tasks, encoder=ENCODER,
        precision="float32", progress=lambda steps: None,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "iterations"),
    [
        ({"loss": "gram", "layer": "relu1_1"}, 100_000),
        ({"loss": "mmd", "layer": "relu2_2"}, 250_000),
        ({"loss": "moments", "moments": 1, "layer": "relu1_2"}, 40_000),
        ({"loss": "moments", "moments": 4, "layer": "relu2_1"}, 300_000),
        ({"loss": "moments", "moments": 3, "layer": "relu2_2"}, 240_000),
        ({"loss": "gram", "layer": "relu3_1"}, 250_000),  # ours: not in the table
    ],
)
def test_the_schedule_is_that_of_table_1_1(changes: dict, iterations: int) -> None:
    whole = parameters(budget=1, **changes)
    assert (whole.iterations, whole.steps) == (iterations, iterations + 240_000)
    share = parameters(budget=0.01, **changes)
    assert (share.iterations, share.steps) == (iterations // 100, iterations // 100 + 2400)


def test_adam_has_the_sources_numbers() -> None:
    values = resolve_parameters("inversion", {})
    assert (values["rate"], values["threshold"]) == (1e-3, 1e-5)


@pytest.mark.parametrize("changes", CHOICES)
def test_the_loss_falls(changes: dict) -> None:
    objective, adam = descent_of(parameters(rate=0.01, **changes), [task()], ENCODER, "float32")
    adam.step(objective)
    before = adam.losses[0]
    while adam.step(objective):
        pass
    assert adam.losses[0] < 0.6 * before


def test_the_gram_loss_is_the_printed_one() -> None:
    """γ Σ (G − A)² with γ = 1/(c w h)² and sums over places (equations 1.1 to 1.3)."""
    objective, adam = descent_of(parameters(), [task()], ENCODER, "float32")
    image = noise_of(task())
    x, y = (ENCODER(one, ["relu1_1"])["relu1_1"].flatten(2)[0] for one in (image, style(1)))
    places = x.shape[1]
    expected = (x @ x.T - y @ y.T).square().sum() / (x.shape[0] * places) ** 2
    torch.testing.assert_close(objective(image, [0])[0][0], expected, rtol=1e-4, atol=0)


@pytest.mark.parametrize("changes", CHOICES)
def test_the_style_itself_is_finished_at_once(changes: dict) -> None:
    objective, _ = descent_of(parameters(**changes), [task()], ENCODER, "float32")
    loss, _ = objective(style(1), [0])
    assert abs(float(loss)) < 1e-5


def test_a_small_loss_ends_one_picture_only() -> None:
    steps = parameters().steps
    early, late = make(task(1), task(2), threshold=1e9), make(task(1), task(2))
    assert [one.evaluations for one in early] == [1, 1]
    assert all(1 < one.evaluations <= steps + 1 for one in late)


def test_the_noise_is_uniform_and_depends_on_the_seed() -> None:
    large = Task(torch.zeros(1, 3, 100, 100), [torch.zeros(1, 3, 100, 100)], 0)
    noise = noise_of(large)
    assert float(noise.min()) >= 0
    assert float(noise.max()) <= 1
    assert float(noise.mean()) == pytest.approx(0.5, abs=0.01)
    assert torch.equal(noise, noise_of(large))
    assert not torch.equal(noise, noise_of(Task(large.content, large.styles, 1)))


def test_a_batch_agrees_with_single_runs() -> None:
    for one, result in zip((task(1), task(2, 5)), make(task(1), task(2, 5)), strict=True):
        (alone,) = make(one)
        assert alone.picture is not None
        assert result.picture is not None
        torch.testing.assert_close(result.picture, alone.picture, atol=1e-3, rtol=0)


def test_a_style_of_one_colour_is_accepted() -> None:
    plain = torch.full((1, 3, 16, 24), 0.4)
    for changes in CHOICES:
        (result,) = make(Task(plain, [plain], 0), budget=5e-5, **changes)
        assert result.picture is not None
        assert result.picture.isfinite().all()


class Interrupted(KeyboardInterrupt):
    """Ctrl-C at a chosen step."""


@pytest.mark.parametrize("changes", CHOICES[:1] + CHOICES[-1:])
def test_a_resumed_descent_is_the_same_to_the_bit(changes: dict, tmp_path) -> None:
    chosen, checkpoint, recipe = parameters(**changes), tmp_path / "x.checkpoint", {"size": 24}

    def stop(done: int) -> None:
        if done == 17:
            raise Interrupted

    def run_it(progress=lambda done: None) -> Result:
        result, _ = invert(
            chosen, task(), ENCODER, checkpoint=checkpoint, recipe=recipe, progress=progress,
        )  # fmt: skip
        return result

    whole = run_it().picture
    with pytest.raises(Interrupted):
        run_it(stop)
    assert checkpoint.exists()
    seen: list[int] = []
    resumed = run_it(seen.append).picture
    assert seen[0] == 18
    assert whole is not None
    assert resumed is not None
    assert torch.equal(whole, resumed)


def test_a_checkpoint_of_another_recipe_or_a_damaged_one_is_refused(tmp_path) -> None:
    checkpoint = tmp_path / "x.checkpoint"
    common = {"checkpoint": checkpoint, "progress": lambda done: None, "every": 0.0}
    invert(parameters(budget=1e-5), task(), ENCODER, recipe={"size": 24, "seed": 0}, **common)
    with pytest.raises(InputError, match="other values of seed"):
        invert(parameters(), task(), ENCODER, recipe={"size": 24, "seed": 1}, **common)
    checkpoint.write_bytes(b"PK damaged")
    with pytest.raises(InputError, match="cannot be read") as caught:
        invert(parameters(), task(), ENCODER, recipe={"size": 24}, **common)
    assert "\n" not in str(caught.value)


def test_it_takes_one_style() -> None:
    with pytest.raises(InputError, match="takes one style picture"):
        make(Task(style(1), [style(1), style(2)], 0))


def test_no_budget_is_refused() -> None:
    with pytest.raises(InputError, match="budget=0 leaves no iterations"):
        resolve_parameters("inversion", {"budget": 0})
