"""Residuals within content and style, against numbers computed by hand and by SciPy."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from metrics.ecspace.grid import ecspace
from metrics.ecspace.pareto import front, method_rows
from metrics.ecspace.within import means_over_pairs, within_pairs


def table() -> pd.DataFrame:
    """Two methods on two pairs, and a third pair with a single stimulus."""
    rows = [
        ("a", "x", "s", 1.0, 10.0), ("b", "x", "s", 3.0, 20.0),
        ("a", "y", "s", 7.0, 4.0), ("b", "y", "s", 8.0, 8.0),
        ("b", "z", "s", 99.0, 99.0),
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["method", "content", "style", "E_score", "C_score"])


def test_the_mean_of_the_pair_is_removed() -> None:
    found = within_pairs(table())
    assert found["E_within"].tolist()[:4] == [-1.0, 1.0, -0.5, 0.5]
    assert found["C_within"].tolist()[:4] == [-5.0, 5.0, -2.0, 2.0]
    assert math.isnan(found["E_within"][4])  # nothing to compare it with
    assert found["E_score"].tolist() == table()["E_score"].tolist()
    assert within_pairs(table().drop(columns="style"))["E_within"].isna().all()


def test_intervals_are_students_t_over_pairs() -> None:
    rng = np.random.default_rng(3)
    frame = pd.DataFrame({
        "method": "a", "content": [f"c{at // 2}" for at in range(24)], "style": "s",
        "value": rng.standard_normal(24),
    })  # fmt: skip
    by_pair = frame.groupby("content")["value"].mean()
    wanted = stats.t.interval(0.95, 11, loc=by_pair.mean(), scale=stats.sem(by_pair))
    found = means_over_pairs(frame, "value")["a"]
    assert found.pairs == 12
    assert found.mean == pytest.approx(by_pair.mean())
    assert found.interval == pytest.approx(wanted)
    assert means_over_pairs(frame.head(2), "value")["a"].interval is None


def test_a_method_given_easy_pictures_is_not_better_within_pairs() -> None:
    """`b` is worse on every pair, but was tried on more pairs whose style is easily carried."""
    rows = []
    for pair in range(12):
        easy = 5.0 * (pair >= 6)
        for place in range(3 if pair >= 6 else 1):
            rows.append((f"b{pair}-{place}", "b", f"c{pair}", "s", easy - 0.5, 0.0 + pair / 100))
        for place in range(1 if pair >= 6 else 3):
            rows.append((f"a{pair}-{place}", "a", f"c{pair}", "s", easy + 0.5, 0.5 + pair / 100))
    columns = ["stimulus", "method", "content", "style", "E_score", "C_score"]
    found = {
        row["method"]: row for row in method_rows(ecspace(pd.DataFrame(rows, columns=columns)))
    }
    assert found["b"]["E"] > found["a"]["E"]
    assert found["b"]["E_within"] < found["a"]["E_within"]
    low, high = found["a"]["E_within_interval"]
    assert low < found["a"]["E_within"] < high
    rows_ = list(found.values())
    assert front(rows_) == ["b", "a"]
    assert front(rows_, "_within") == ["a"]
