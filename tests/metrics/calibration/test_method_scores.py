"""A model's mean scores of methods beside abilities from votes alone."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from metrics.calibration.calibrate import calibrate
from metrics.calibration.method_scores import agreement, compare


def world(*, missed: float = 0.0, people: int = 30, trials: int = 60):
    """Votes that follow E1; `missed`: log odds of method c that no statistic contains."""
    rng = np.random.default_rng(5)
    methods = np.repeat(["a", "b", "c", "d"], 8)
    place = {"a": 0.0, "b": 0.5, "c": 1.0, "d": 1.5}
    statistics = pd.DataFrame(
        {
            "stimulus": [f"s{n}" for n in range(len(methods))],
            "method": methods,
            "content": "x",
            "style": "y",
            "E1": [place[m] for m in methods] + 0.3 * rng.normal(size=len(methods)),
        }
    )
    truth = statistics["E1"] + missed * (methods == "c")
    left, right = rng.integers(0, len(methods), (2, people * trials))
    right = np.where(left == right, (right + 1) % len(methods), right)
    won = rng.random(len(left)) < 1 / (1 + np.exp(truth.to_numpy()[right] - truth.to_numpy()[left]))
    votes = pd.DataFrame(
        {
            "participant": [f"p{n}" for n in np.repeat(range(people), trials)],
            "study": "s",
            "trial": [f"t{n}" for n in range(len(left))],
            "stimulus_left": [f"s{n}" for n in left],
            "stimulus_right": [f"s{n}" for n in right],
            "choice": np.where(won, "left", "right"),
        }
    )
    return calibrate(votes, statistics, "E", terms=["E1"], replicates=200), statistics


def test_a_model_that_explains_the_methods_agrees_with_their_abilities():
    model, statistics = world()
    rows = compare(model, statistics)
    assert [row["method"] for row in rows] == ["d", "c", "b", "a"]
    assert sum(row["ability"] for row in rows) == pytest.approx(0, abs=1e-9)
    assert sum(row["score"] for row in rows) == pytest.approx(0, abs=1e-9)
    for row in rows:
        assert row["stimuli"] == 8
        for name in ("ability", "score"):
            low, high = row[f"{name}_interval"]
            assert low < row[name] < high
        assert row["ability"] == pytest.approx(row["score"], abs=0.35)
    assert [row["rank"] for row in rows] == [[1, 1], [2, 2], [3, 3], [4, 4]]
    assert agreement(rows) > 0.97


def test_effects_beyond_the_statistics_appear_as_a_difference():
    model, statistics = world(missed=2.0)
    gaps = {row["method"]: row["ability"] - row["score"] for row in compare(model, statistics)}
    assert max(gaps, key=gaps.get) == "c"
    assert gaps["c"] > 0.8


def test_mean_scores_are_means_of_scores():
    model, statistics = world()
    scores = model.coefficients["E1"] * statistics["E1"]
    means = scores.groupby(statistics["method"]).mean()
    for row in compare(model, statistics):
        assert row["score"] == pytest.approx(means[row["method"]] - means.mean())


def test_unknown_values_are_none():
    model, statistics = world(people=3)
    statistics.loc[statistics["method"] == "b", "E1"] = np.nan
    model.details["bootstrap"] = None
    rows = {row["method"]: row for row in compare(model, statistics)}
    assert (rows["b"]["score"], rows["b"]["stimuli"]) == (None, 0)
    assert rows["a"]["score"] is not None
    assert all(row["score_interval"] is None and row["rank"] is None for row in rows.values())
    model.details["methods"] = None
    assert compare(model, statistics) == []
    assert agreement([]) is None
