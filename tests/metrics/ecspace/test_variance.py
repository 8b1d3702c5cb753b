"""The variance of scores that each factor explains."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.formula.api import ols
from statsmodels.stats.anova import anova_lm

from common.errors import InputError
from metrics.ecspace.variance import variance_explained

# R's `warpbreaks` (Tippett 1950): breaks of yarn by wool (A, B) and tension (L, M, H), nine each.
# `summary(aov(breaks ~ wool + tension))` prints the sums of squares 450.7, 2034.3 and 6748.1.
BREAKS = (
    "26 30 54 25 70 52 51 26 67 18 21 29 17 12 18 35 30 36 36 21 24 18 10 43 28 15 26 "
    "27 14 29 19 29 31 41 20 44 42 26 19 16 39 28 21 39 29 20 21 24 17 13 15 15 16 28"
)


def shares(found):
    return {part.factor: part.share for part in found.parts}


def test_balanced_shares_are_those_of_r_s_analysis_of_variance():
    frame = pd.DataFrame(
        {
            "style": np.repeat(["A", "B"], 27),
            "content": np.tile(np.repeat(["L", "M", "H"], 9), 2),
            "score": [float(number) for number in BREAKS.split()],
        }
    )
    found = variance_explained(frame, "score")
    squares = {"style": 450.7, "content": 2034.3}
    total = 450.7 + 2034.3 + 6748.1
    for factor, square in squares.items():
        assert shares(found)[factor] == pytest.approx(square / total, abs=1e-5)
    assert found.rest == pytest.approx(6748.1 / total, abs=1e-5)
    assert [part.factor for part in found.parts] == ["content", "style"]
    assert {p.factor: p.by_chance for p in found.parts} == pytest.approx(
        {"style": 1 / 53, "content": 2 / 53}
    )


def crossed(rng, repeats=2):
    """Every style with every content and method, several times each; each factor has effects."""
    styles, contents, methods = 4, 3, 5
    grid = np.indices((styles, contents, methods, repeats)).reshape(4, -1)
    size = {"style": 3.0, "content": 1.0, "method": 0.5}
    levels = (styles, contents, methods)
    effects = {
        name: sigma * rng.normal(size=count)
        for (name, sigma), count in zip(size.items(), levels, strict=True)
    }
    return pd.DataFrame(
        {
            **{name: [f"{name} {n}" for n in grid[at]] for at, name in enumerate(size)},
            "score": sum(effects[name][grid[at]] for at, name in enumerate(size))
            + 0.3 * rng.normal(size=grid.shape[1]),
        }
    )


def test_balanced_shares_are_those_of_statsmodels():
    frame = crossed(np.random.default_rng(1))
    table = anova_lm(ols("score ~ C(style) + C(content) + C(method)", frame).fit())
    squares = table["sum_sq"] / table["sum_sq"].sum()
    found = variance_explained(frame, "score")
    for factor in ("style", "content", "method"):
        assert shares(found)[factor] == pytest.approx(squares[f"C({factor})"], abs=1e-10)
    assert found.rest == pytest.approx(squares["Residual"], abs=1e-10)
    assert found.parts[0].factor == "style"


def test_unbalanced_shares_are_the_mean_over_both_orders():
    rng = np.random.default_rng(2)
    frame = crossed(rng).sample(60, random_state=3).drop(columns="method")
    found = variance_explained(frame, "score")
    total = ((frame["score"] - frame["score"].mean()) ** 2).sum()
    one, other = (
        anova_lm(ols(f"score ~ C({first}) + C({second})", frame).fit())["sum_sq"] / total
        for first, second in (("style", "content"), ("content", "style"))
    )
    for factor in ("style", "content"):
        expected = (one[f"C({factor})"] + other[f"C({factor})"]) / 2
        assert shares(found)[factor] == pytest.approx(expected, abs=1e-10)


worlds = st.lists(
    st.tuples(
        st.sampled_from("ABCD"),
        st.sampled_from("xyz"),
        st.sampled_from(["gatys", "universal"]),
        st.one_of(st.none(), st.sampled_from([0.0, 0.5, 1.0, 100.0, 1000.0])),
        st.one_of(st.integers(-3, 3).map(float), st.floats(-1000, 1000, width=16)),
    ),
    min_size=1,
    max_size=40,
)


def world(rows):
    return pd.DataFrame(rows, columns=["style", "content", "method", "weight", "score"])


@given(worlds)
@settings(max_examples=100, deadline=None)
def test_shares_lie_between_0_and_1_and_sum_to_1_with_the_rest(rows):
    found = variance_explained(world(rows), "score")
    if found is None:
        return
    for part in found.parts:
        assert -1e-9 <= part.share <= 1 + 1e-9
        assert 0 <= part.by_chance <= 1
    assert sum(part.share for part in found.parts) + found.rest == pytest.approx(1)
    assert -1e-9 <= found.rest <= 1


@given(worlds, st.permutations("ABCD"), st.floats(0.1, 10), st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_names_units_and_the_order_of_rows_change_nothing(rows, names, unit, random):
    frame = world(rows)
    other = frame.assign(
        style=frame["style"].map(dict(zip("ABCD", names, strict=True))),
        score=5 - unit * frame["score"],
        weight=unit * frame["weight"],
    )
    order = list(range(len(frame)))
    random.shuffle(order)
    one = variance_explained(frame, "score")
    two = variance_explained(other.iloc[order], "score")
    assert (one is None) == (two is None)
    if one is not None and two is not None:
        assert shares(one) == pytest.approx(shares(two), abs=1e-6)


def test_noise_explains_as_much_as_expected_by_chance():
    rng = np.random.default_rng(4)
    frame = crossed(rng)
    drawn = [
        variance_explained(frame.assign(score=rng.normal(size=len(frame))), "score")
        for _ in range(200)
    ]
    for factor in ("style", "content", "method"):
        expected = {part.factor: part.by_chance for part in drawn[0].parts}[factor]
        assert np.mean([shares(found)[factor] for found in drawn]) == pytest.approx(
            expected, rel=0.2
        )


def test_a_weight_counts_within_its_method():
    frame = pd.DataFrame(
        {
            "method": ["a"] * 4 + ["b"] * 4,
            "weight": [1.0, 10.0, 100.0, 1000.0, 0.0, 0.2, 0.4, 0.6],
            "score": [0.0, 1.0, 2.0, 3.0, 7.0, 6.0, 5.0, 4.0],
        }
    )
    found = variance_explained(frame, "score")
    assert sum(shares(found).values()) == pytest.approx(1)
    assert shares(found)["weight"] == pytest.approx(10 / 42)  # within-method sum of squares 5 + 5
    assert shares(found)["method"] == pytest.approx(32 / 42)


@pytest.mark.parametrize(
    "scores", [[1.0, 1.0, 1.0, 1.0], [1.0, 2.0, np.nan, np.nan], [np.nan] * 4, ["x"] * 4]
)
def test_without_variance_there_is_no_decomposition(scores):
    frame = pd.DataFrame({"style": ["a", "a", "b", "b"], "score": scores})
    assert variance_explained(frame, "score") is None


def test_no_varying_factor_is_none_and_no_score_is_refused():
    frame = pd.DataFrame({"style": ["a"] * 4, "weight": [np.nan] * 4, "score": [1.0, 2, 3, 4]})
    assert variance_explained(frame, "score") is None
    with pytest.raises(InputError, match="lack the column E_score"):
        variance_explained(frame, "E_score")
