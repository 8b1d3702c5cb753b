"""GAL: its linear step, its residual and its loss."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from transfer.encoders.architecture import Encoder, random_weights
from transfer.methods import METHODS, parameters_object, resolve_parameters
from transfer.methods.augmented import Cut, FeatureStep, _shares, run
from transfer.methods.descent import prepare
from transfer.methods.descent import run as descend
from transfer.methods.engine import Result, Task
from transfer.optimise import lbfgs

WIDTHS = (8, 8, 16, 16, 32, 32, 32, 32, 64, 64, 64, 64, 64)


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return Encoder(random_weights(WIDTHS), name="random", padding="reflect").double()


def pixels(seed: int) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(1, 3, 32, 48, generator=generator, dtype=torch.float64)


def tasks(n: int = 1) -> list[Task]:
    return [Task(pixels(i), (pixels(9 + i),), i) for i in range(n)]


def make(method: str, asked: list[Task], encoder: Encoder, **changes: object) -> list[Result]:
    values = resolve_parameters(method, changes)
    return (run if method == "gal" else descend)(
        METHODS[method],
        parameters_object(method, values),
        asked,
        encoder=encoder,
        precision="float32",
        progress=lambda steps: None,
    )


@pytest.mark.parametrize("normalisation", ["relative", "gatys", "paper"])
def test_the_feature_step_solves_the_linear_system(normalisation: str, encoder: Encoder) -> None:
    """V = (C + ρφ − λ/2) / (1 + ρ), without a style term at the cut."""
    values = resolve_parameters(
        "gal", {"style_layers": "relu1_1,relu2_1", "normalisation": normalisation}
    )
    parameters = parameters_object("gal", values)
    compose = METHODS["gal"].compose
    assert compose is not None
    losses = prepare(compose(parameters), tasks(2), encoder, "float32")
    cut = Cut.of(losses, parameters)
    content = losses.target(cut.content)
    generator = torch.Generator().manual_seed(3)
    phi, multipliers = (
        torch.randn(content.shape, generator=generator, dtype=torch.float64) for _ in range(2)
    )
    rho = 2.5
    found = lbfgs.minimise(FeatureStep(cut, phi, multipliers, rho), content, iterations=20).images
    # The paper's content term is ½ Σ, so its unit is half of that of the mean square.
    oracle = (content + rho * phi - multipliers / 2) / (1 + rho)
    torch.testing.assert_close(found, oracle, rtol=1e-6, atol=1e-8)


def test_it_closes_the_cut_and_lowers_gatys_loss(encoder: Encoder) -> None:
    (cut,), (plain,) = (
        make(method, tasks(), encoder, iterations=100) for method in ("gal", "gatys")
    )
    assert cut.losses["residual"] <= 0.02
    # With random weights; docs/methods.md has the ratio for a trained encoder.
    assert cut.losses["total"] <= 1.6 * plain.losses["total"]
    (strong,) = make("gal", tasks(), encoder, iterations=100, rho=1e4)
    assert strong.losses["residual"] <= 0.02
    assert strong.losses["total"] > cut.losses["total"]  # a large ρ holds the image at the content


def test_a_batch_agrees_with_single_images(encoder: Encoder) -> None:
    options = {"iterations": 10, "outer_steps": 2, "noise_std": 0.2}
    together = make("gal", tasks(2), encoder, **options)
    for task, made in zip(tasks(2), together, strict=True):
        (alone,) = make("gal", [task], encoder, **options)
        assert made.picture is not None
        assert alone.picture is not None
        assert (made.picture - alone.picture).abs().max() <= 1e-7


def test_a_failing_image_does_not_affect_the_others(encoder: Encoder) -> None:
    broken = Task(torch.full_like(pixels(0), torch.nan), (pixels(9),), 0)
    lost, sound = make("gal", [broken, tasks(2)[1]], encoder, iterations=4)
    assert lost.picture is None
    assert "not finite; use a smaller weight" in lost.error
    assert sound.picture is not None


def test_iterations_are_shared_among_the_rounds() -> None:
    assert _shares(500, 10) == [50] * 10
    assert sum(_shares(7, 3)) == 7
    assert _shares(3, 10) == [1, 1, 1]
