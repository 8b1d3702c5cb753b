from __future__ import annotations

import pytest
import torch

from tests.transfer.optimise.objectives import broken, objective, quadratic, rosenbrock
from transfer.optimise import adam
from transfer.optimise.base import State


def test_it_takes_the_steps_of_torch() -> None:
    evaluate, _ = quadratic(images=3, values=8)
    x = torch.randn(3, 8, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    ours = adam.minimise(evaluate, x, iterations=25, rate=0.05)
    theirs = x.clone().requires_grad_()
    solver = torch.optim.Adam([theirs], lr=0.05)
    for _ in range(25):
        theirs.grad = evaluate(theirs.detach(), [0, 1, 2])[1]
        solver.step()
    torch.testing.assert_close(ours.images, theirs.detach(), rtol=1e-9, atol=1e-9)
    assert ours.steps == [25] * 3
    assert ours.evaluations == [26] * 3
    torch.testing.assert_close(
        torch.tensor(ours.losses, dtype=torch.float64), evaluate(ours.images, [0, 1, 2])[0]
    )


@pytest.mark.parametrize("after", [0, 1, 5])
def test_a_failing_image_does_not_affect_the_others(after: int) -> None:
    x = torch.zeros(3, 6, dtype=torch.float64)
    healthy = adam.minimise(objective(rosenbrock), x, iterations=20)
    result = adam.minimise(broken(objective(rosenbrock), 1, after), x, iterations=20)
    assert result.states == [State.FINISHED, State.FAILED, State.FINISHED]
    assert torch.isfinite(result.images).all()
    for i in (0, 2):
        assert torch.equal(result.images[i], healthy.images[i])


def test_it_restarts_with_a_smaller_rate() -> None:
    def edge(x: torch.Tensor, images: object) -> torch.Tensor:
        return -(x + 0.1 * torch.log(1 - x)).sum(dim=1)  # minimum at x = 0.9, next to the edge

    told: list[int] = []
    result = adam.minimise(
        objective(edge), torch.zeros(1, 2), iterations=60, rate=0.3, progress=told.append
    )
    assert result.states == [State.FINISHED]
    assert result.steps == [60]
    assert (result.images - 0.9).abs().max() < 0.05
    assert result.evaluations[0] > 61
    assert told[-1] == 60
