from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transfer.optimise.wolfe import CURVATURE, SUFFICIENT, TRIALS, WolfeSearch


def run(f, slope, first: float) -> tuple[WolfeSearch, int]:
    search = WolfeSearch(f(0.0), slope(0.0), first)
    count = 0
    while not (search.accepted or search.exhausted):
        search.tell(f(search.step), slope(search.step))
        count += 1
        assert count <= TRIALS + 1
    return search, count


@given(st.floats(0.01, 100), st.floats(1e-5, 1e5))
def test_it_meets_the_strong_wolfe_conditions_on_parabolas(minimum: float, first: float) -> None:
    def f(t: float) -> float:
        return (t - minimum) ** 2

    def slope(t: float) -> float:
        return 2 * (t - minimum)

    search, _ = run(f, slope, first)
    assert search.accepted
    assert f(search.step) <= f(0) + SUFFICIENT * search.step * slope(0)
    assert abs(slope(search.step)) <= CURVATURE * abs(slope(0))


@pytest.mark.parametrize("first", [1e-3, 0.1, 1.0, 10.0, 1e3])
def test_it_meets_them_on_a_function_with_many_minima(first: float) -> None:
    def f(t: float) -> float:
        return 0.01 * (t - 5) ** 2 + math.sin(3 * t) / 3 - t * 0.5

    def slope(t: float) -> float:
        return 0.02 * (t - 5) + math.cos(3 * t) - 0.5

    assert slope(0) > 0  # the search goes in the other direction
    search, _ = run(lambda t: f(-t), lambda t: -slope(-t), first)
    assert search.accepted
    assert f(-search.step) <= f(0) + SUFFICIENT * search.step * -slope(0)
    assert abs(slope(-search.step)) <= CURVATURE * abs(slope(0))


def test_it_accepts_a_good_first_step_at_once() -> None:
    _, count = run(lambda t: (t - 1) ** 2, lambda t: 2 * (t - 1), 1.0)
    assert count == 1


def test_it_steps_back_from_values_that_are_not_finite() -> None:
    def f(t: float) -> float:
        return math.nan if t > 0.5 else (t - 0.4) ** 2

    search, _ = run(f, lambda t: math.inf if t > 0.5 else 2 * (t - 0.4), 1e4)
    assert search.accepted
    assert search.step <= 0.5


def test_it_ends_without_a_descent() -> None:
    search, count = run(lambda t: t, lambda t: -1.0, 1.0)  # the slope contradicts f
    assert search.exhausted
    assert not search.accepted
    assert count == TRIALS


def test_it_takes_the_best_step_at_a_kink() -> None:
    """A kink has no point with a flat slope, so the best descending step is accepted."""

    def f(t: float) -> float:
        return abs(t - 1 / 3)

    search, count = run(f, lambda t: -1.0 if t < 1 / 3 else 1.0, 1.0)
    assert search.accepted
    assert count == TRIALS + 1
    assert f(search.step) < 1e-3
