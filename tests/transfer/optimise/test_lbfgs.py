from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.optimize import minimize

from tests.transfer.optimise.objectives import broken, objective, quadratic, rosenbrock
from transfer.optimise import lbfgs
from transfer.optimise.base import State
from transfer.optimise.curvature import History, directions


def start(images: int, values: int, seed: int = 0, dtype: torch.dtype = torch.float64):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(images, values, generator=generator, dtype=dtype)


def two_loops(pairs: list[tuple[torch.Tensor, torch.Tensor]], g: torch.Tensor) -> torch.Tensor:
    """Nocedal & Wright 2006, algorithm 7.4."""
    q, alphas = g.clone(), []
    for s, y in reversed(pairs):
        alphas.append((s @ q) / (s @ y))
        q -= alphas[-1] * y
    s, y = pairs[-1]
    r = q * (s @ y) / (y @ y)
    for (s, y), alpha in zip(pairs, reversed(alphas), strict=True):
        r += s * (alpha - (y @ r) / (s @ y))
    return r


def test_its_directions_are_those_of_the_two_loop_recursion() -> None:
    """Also after new pairs have replaced the oldest ones."""
    generator = torch.Generator().manual_seed(0)
    history, pairs = History(4, torch.zeros(30, dtype=torch.float64)), []
    for _ in range(9):
        s = torch.randn(30, generator=generator, dtype=torch.float64)
        y = s + 0.5 * torch.randn(30, generator=generator, dtype=torch.float64)
        assert s @ y > 0
        history.add(s, y)
        pairs = [*pairs, (s, y)][-4:]
        g = torch.randn(1, 30, generator=generator, dtype=torch.float64)
        torch.testing.assert_close(
            directions([history], g)[0], -two_loops(pairs, g[0]), rtol=1e-9, atol=1e-9
        )


def test_its_direction_without_pairs_is_the_steepest_descent() -> None:
    g = start(2, 5)
    histories = [History(3, g[0]), History(3, g[0])]
    histories[0].add(g[1], 2 * g[1])
    torch.testing.assert_close(directions(histories, g)[1], -g[1])


def test_it_finds_the_minima_of_quadratics() -> None:
    evaluate, minima = quadratic(images=4, values=30)
    result = lbfgs.minimise(evaluate, start(4, 30), iterations=100)
    torch.testing.assert_close(result.images, minima, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("values", [2, 10])
def test_it_needs_about_as_many_evaluations_as_scipy(values: int) -> None:
    x = 0.5 + 0.2 * start(3, values, seed=1)  # far from the second minimum that 4 values have
    result = lbfgs.minimise(objective(rosenbrock), x, iterations=400)
    torch.testing.assert_close(result.images, torch.ones(3, values).double())

    def single(point: np.ndarray) -> tuple[float, np.ndarray]:
        losses, gradient = objective(rosenbrock)(torch.from_numpy(point)[None], [0])
        return float(losses.detach()), gradient[0].numpy()

    for i in range(3):
        theirs = minimize(
            single, x[i].numpy(), jac=True, method="L-BFGS-B",
            options={"maxcor": 20, "ftol": 1e-30, "gtol": 1e-10, "maxiter": 400},
        )  # fmt: skip
        assert theirs.fun < 1e-12
        assert result.losses[i] < 1e-12
        ours = lbfgs.minimise(
            objective(rosenbrock), x[i : i + 1], iterations=theirs.nit + 10, first_step=0.1
        )
        assert ours.losses[0] < 1e-8
        assert ours.evaluations[0] <= 1.5 * theirs.nfev + 20


def test_a_batch_agrees_with_single_images() -> None:
    x = start(5, 40, seed=2)
    together = lbfgs.minimise(objective(rosenbrock), x, iterations=10)
    for i in range(5):
        alone = lbfgs.minimise(objective(rosenbrock), x[i : i + 1], iterations=10)
        assert (together.images[i] - alone.images[0]).abs().max() <= 1e-7
        assert together.evaluations[i] == alone.evaluations[0]
        assert together.steps[i] == 10


def test_it_takes_and_reports_the_requested_steps() -> None:
    told: list[int] = []
    result = lbfgs.minimise(objective(rosenbrock), start(3, 20), iterations=7, progress=told.append)
    assert result.steps == [7, 7, 7]
    assert result.states == [State.FINISHED] * 3
    assert told == sorted(told)
    assert told[-1] == 21
    assert all(n >= 8 for n in result.evaluations)


def test_every_step_lowers_the_loss() -> None:
    x = start(2, 20)
    losses = [lbfgs.minimise(objective(rosenbrock), x, iterations=n).losses for n in range(1, 15)]
    for image in range(2):
        course = [row[image] for row in losses]
        assert all(later < earlier for earlier, later in zip(course, course[1:], strict=False))


def test_its_iterates_do_not_depend_on_the_scale_of_the_loss() -> None:
    x = start(1, 20)
    plain = lbfgs.minimise(objective(rosenbrock), x, iterations=10)
    scaled = lbfgs.minimise(
        objective(lambda x, images: 1e-8 * rosenbrock(x, images)), x, iterations=10
    )
    torch.testing.assert_close(plain.images, scaled.images, rtol=1e-6, atol=1e-6)


def test_an_image_at_its_minimum_ends_and_the_others_continue() -> None:
    evaluate, minima = quadratic(images=2, values=10)
    x = torch.stack([minima[0], minima[1] + 1])
    result = lbfgs.minimise(evaluate, x, iterations=5)
    assert result.states == [State.CONVERGED, State.FINISHED]
    assert torch.equal(result.images[0], minima[0])


def test_it_ends_at_the_limit_of_rounding() -> None:
    evaluate, minima = quadratic(images=1, values=6)
    result = lbfgs.minimise(evaluate, start(1, 6, dtype=torch.float32), iterations=10_000)
    assert result.states == [State.CONVERGED]
    assert result.steps[0] < 200
    assert (result.images.double() - minima).abs().max() < 1e-3


@pytest.mark.parametrize("after", [0, 1, 5])
def test_a_failing_image_does_not_affect_the_others(after: int) -> None:
    x = start(3, 12)
    healthy = lbfgs.minimise(objective(rosenbrock), x, iterations=30)
    result = lbfgs.minimise(broken(objective(rosenbrock), 1, after), x, iterations=30)
    assert result.states == [State.FINISHED, State.FAILED, State.FINISHED]
    assert torch.isfinite(result.images).all()
    for i in (0, 2):
        assert torch.equal(result.images[i], healthy.images[i])
        assert result.evaluations[i] == healthy.evaluations[i]


def test_it_recovers_from_a_step_out_of_the_domain() -> None:
    def away(x: torch.Tensor, images: object) -> torch.Tensor:
        return -(x + 0.1 * torch.log(1 - x)).sum(dim=1)  # minimum at x = 0.9, next to the edge

    result = lbfgs.minimise(
        objective(away), torch.zeros(1, 3).double(), iterations=50, first_step=5
    )
    torch.testing.assert_close(result.images, torch.full((1, 3), 0.9).double())


def test_it_does_not_change_the_start() -> None:
    x = start(2, 6)
    before = x.clone()
    lbfgs.minimise(objective(rosenbrock), x, iterations=3)
    assert torch.equal(x, before)


def test_it_keeps_the_shape_of_images() -> None:
    def evaluate(x: torch.Tensor, images: object) -> torch.Tensor:
        assert x.shape[1:] == (3, 4, 5)
        return (x - 2).square().sum(dim=(1, 2, 3))

    result = lbfgs.minimise(objective(evaluate), torch.zeros(2, 3, 4, 5), iterations=5)
    torch.testing.assert_close(result.images, torch.full((2, 3, 4, 5), 2.0))
