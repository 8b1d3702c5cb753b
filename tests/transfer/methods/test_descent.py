from __future__ import annotations

import pytest
import torch
from torch import Tensor

from transfer.encoders.architecture import Encoder, random_weights
from transfer.encoders.layout import IMAGENET
from transfer.methods import METHODS, parameters_object, resolve_parameters
from transfer.methods.descent import fastest_format, run, start_of
from transfer.methods.engine import Result, Task

WIDTHS = (8, 8, 16, 16, 32, 32, 32, 32, 64, 64, 64, 64, 64)


def pixels(seed: int, height: int = 32, width: int = 48) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(1, 3, height, width, generator=generator)


def task(seed: int = 0, style: int = 9) -> Task:
    return Task(pixels(seed), (pixels(style),), seed)


class Counting(Encoder):
    """Counts the pictures that are encoded without a gradient: contents and styles for targets."""

    seen = 0

    def forward(self, images, layers):
        if not images.requires_grad:
            self.seen += len(images)
        return super().forward(images, layers)


def make(
    tasks: list[Task], encoder: Encoder, method: str = "gatys", **changes: object
) -> list[Result]:
    values = resolve_parameters(method, {"iterations": 2} | changes)
    return run(
        METHODS[method],
        parameters_object(method, values),
        tasks,
        encoder=encoder,
        precision="float32",
        progress=lambda steps: None,
    )


def test_noise_is_gaussian_around_the_mean_colour_and_depends_on_the_seed() -> None:
    one = Task(torch.zeros(1, 3, 200, 200), (), seed=3)
    noise = start_of(one, "noise", 0.1) - torch.tensor(IMAGENET.mean).reshape(1, 3, 1, 1)
    assert noise.mean().abs() < 1e-3
    assert noise.std() == pytest.approx(0.1, rel=0.01)
    assert torch.equal(start_of(one, "noise", 0.1), start_of(one, "noise", 0.1))
    other = Task(one.content, (), seed=4)
    assert not torch.equal(start_of(one, "noise", 0.1), start_of(other, "noise", 0.1))


def test_the_noise_of_a_seed_never_changes() -> None:
    """Recipes rely on torch's CPU generator (Mersenne Twister)."""
    start = start_of(Task(torch.zeros(1, 3, 2, 2), (), seed=0), "content+noise", 1.0)
    expected = torch.tensor([1.5410, -0.2934, -2.1788, 0.5684])
    torch.testing.assert_close(start[0, 0].flatten(), expected, rtol=0, atol=1e-4)


def test_it_starts_from_the_content_without_changing_it() -> None:
    one = task()
    start = start_of(one, "content", 0.1)
    assert torch.equal(start, one.content)
    start += 1
    assert not torch.equal(start, one.content)
    noisy = start_of(one, "content+noise", 0.05)
    assert (noisy - one.content).std() == pytest.approx(0.05, rel=0.05)


def test_targets_are_computed_once_for_each_picture() -> None:
    """Four tasks of two contents and one style: three pictures, then the four results."""
    encoder = Counting(random_weights(WIDTHS), name="random")
    make([task(0), task(1), task(0), task(1)], encoder)
    assert encoder.seen == 3 + 4


DESCENTS = [key for key, method in METHODS.items() if method.engine == "descent"]


def pairs(
    tasks: list[Task], encoder: Encoder, method: str, **changes: object
) -> list[tuple[Result, Result]]:
    """Each task, made together with the others and alone."""
    together = make(tasks, encoder, method, **changes)
    alone = [make([one], encoder, method, **changes)[0] for one in tasks]
    assert all(made.picture is not None for made in (*together, *alone))
    return list(zip(together, alone, strict=True))


def gap(pair: tuple[Result, Result]) -> float:
    """The largest difference of a pixel value."""
    one, other = (made.picture for made in pair)
    assert one is not None
    assert other is not None
    return float((one - other).abs().max())


@pytest.mark.parametrize("method", DESCENTS)
def test_float64_batches_agree_with_single_images(method: str) -> None:
    """The whole engine, ten steps from noise, to 1e-7."""
    encoder = Encoder(random_weights(WIDTHS), name="random", padding="reflect").double()
    tasks = [Task(pixels(i).double(), (pixels(9 + i).double(),), i) for i in range(3)]
    for pair in pairs(tasks, encoder, method, iterations=10, noise_std=0.2):
        assert pair[0].picture.dtype == torch.float64
        assert gap(pair) <= 1e-7


@pytest.mark.parametrize("method", DESCENTS)
def test_float32_batches_are_close_to_single_images(method: str) -> None:
    """Rounding grows from step to step: 1e-2 in pixel value after five."""
    encoder = Encoder(random_weights(WIDTHS), name="random", padding="reflect")
    tasks = [task(seed, style=9 + seed) for seed in range(3)]
    # Covariances alone need a start that varies: where features are nearly constant their
    # deviations, and so the first directions, have only a few digits.
    start = {"noise_std": 0.2} if method in ("gatys-cov", "cross-layer-cov", "mmd") else {}
    for pair in pairs(tasks, encoder, method, iterations=5, **start):
        assert gap(pair) <= 1e-2


@pytest.mark.parametrize("method", DESCENTS)
def test_float32_batches_reach_the_losses_of_single_images(method: str) -> None:
    """The mean of 20 pairs within 5 %."""
    encoder = Encoder(random_weights(WIDTHS), name="random", padding="reflect")
    tasks = [task(seed, style=100 + seed) for seed in range(20)]
    # The loss of mmd from nearly constant features depends on their last digits.
    start = {"noise_std": 0.2} if method == "mmd" else {}
    made = pairs(tasks, encoder, method, iterations=10, **start)
    together, alone = (
        sum(one.losses["total"] for one in column) for column in zip(*made, strict=True)
    )
    assert together == pytest.approx(alone, rel=0.05)


def test_it_keeps_channels_last_where_that_is_fast() -> None:
    cpu, gpu = torch.device("cpu"), torch.device("cuda")
    assert fastest_format(cpu, "float32") is torch.channels_last
    assert fastest_format(gpu, "tf32") is torch.channels_last
    assert fastest_format(gpu, "float32") is torch.contiguous_format


def test_the_reason_of_a_failure_is_reported() -> None:
    encoder = Encoder(random_weights(WIDTHS), name="random")
    broken = Task(torch.full((1, 3, 32, 48), torch.nan), (pixels(9),), 0)
    lost, sound = make([broken, task(1)], encoder)
    assert lost.picture is None
    assert "not finite; use a smaller weight" in lost.error
    assert sound.picture is not None
