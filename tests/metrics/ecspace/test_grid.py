"""The grid and the table of the EC space."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common.errors import InputError
from metrics.ecspace.grid import (
    LEVELS,
    admissible,
    ecspace,
    examples,
    percent,
    shares,
    table,
    thirds,
)

# Yeh et al. 2020, supplement, Table 1, row by row from high E, low C to high C; and the stimuli
# of each cell (the only counts with which the percentages are possible).
PUBLISHED = [
    (478, "Cross-layer, aggressive:24.06 XLCM:20.92 XLC:11.92 XL:11.30 GatysCM:9.21"),
    (522, "XLC:14.56 Cross-layer, aggressive:13.60 XLCM:13.41 XL:13.22 GAL:10.15"),
    (399, "GAL:25.56 XM:15.04 XL:10.53 GatysL:8.52 GatysCM:6.77"),
    (412, "GatysCM:15.29 GatysC:12.86 Cross-layer, aggressive:11.65 GatysL:11.65 XLCM:8.50"),
    (496, "XM:11.69 GatysM:11.49 GatysL:10.69 GatysH:10.08 GatysC:8.87"),
    (492, "XM:15.45 GatysH:14.02 Gatys:13.41 GAL:13.01 GatysM:11.18"),
    (509, "Gatys aggressive:23.97 GatysC:12.57 XLC:10.02 GatysCM:8.84 GatysM:7.47"),
    (382, "Universal:12.83 GatysH:10.73 Gatys aggressive:10.47 GatysM:10.21 Gatys:9.69"),
    (508, "Universal:45.28 Gatys:15.75 GatysH:7.87 GatysM:6.69 GatysL:4.53"),
]


def cells(text):
    return [
        (name.strip(), float(value)) for name, value in re.findall(r"([A-Za-z, -]+):([\d.]+)", text)
    ]


def published_scores():
    """Stimuli that fall into the published cells, with the methods their percentages imply.

    What is left of a cell belongs to methods that are each rarer than the fifth.
    """
    rows = []
    for place, (count, text) in enumerate(PUBLISHED):
        e, c = 2 - place // 3, place % 3
        methods = []
        for name, value in cells(text):
            implied = round(value * count / 100)
            assert f"{100 * implied / count:.2f}" == f"{value:.2f}", (name, value)
            methods += [name] * implied
        fifth = methods.count(cells(text)[4][0])
        rest = [f"other {number // (fifth - 1)}" for number in range(count - len(methods))]
        rows += [(e, c, method) for method in methods + rest]
    frame = pd.DataFrame(rows, columns=["e", "c", "method"])
    rng = np.random.default_rng(0)
    frame["E_score"] = frame["e"] * 10 + rng.random(len(frame))
    frame["C_score"] = frame["c"] * 10 + rng.random(len(frame))
    frame["stimulus"] = [f"s{number}" for number in rng.permutation(len(frame))]
    return frame.sample(frac=1, random_state=1)


def test_it_prints_table_1_of_the_paper_exactly():
    space = ecspace(published_scores())
    assert space.counts.sum() == 4198
    assert space.counts[::-1].ravel().tolist() == [count for count, _ in PUBLISHED]
    for row, (count, text) in zip(table(space), PUBLISHED, strict=True):
        assert row["count"] == count
        ours = [(part["method"], part["percent"]) for part in row["methods"]]
        assert ours == [(name, f"{value:.2f}%") for name, value in cells(text)]
    assert [(row["E"], row["C"]) for row in table(space)][:4] == [
        ("high", "low"), ("high", "middle"), ("high", "high"), ("middle", "low"),
    ]  # fmt: skip


scores = st.lists(
    st.tuples(
        st.one_of(st.integers(-2, 2).map(float), st.floats(-1e6, 1e6)),
        st.one_of(st.integers(-2, 2).map(float), st.floats(-1e6, 1e6)),
    ),
    min_size=9,
    max_size=120,
)


def frame(pairs):
    return pd.DataFrame(
        {
            "stimulus": [f"s{number}" for number in range(len(pairs))],
            "method": [f"m{number % 7}" for number in range(len(pairs))],
            "E_score": [pair[0] for pair in pairs],
            "C_score": [pair[1] for pair in pairs],
        }
    )


@given(scores)
@settings(max_examples=80, deadline=None)
def test_independent_margins_differ_by_at_most_one(pairs):
    counts = ecspace(frame(pairs)).counts
    assert counts.sum() == len(pairs)
    for axis in (0, 1):
        margins = counts.sum(axis=axis)
        assert margins.max() - margins.min() <= 1
        assert margins[0] == margins[2]


@given(scores)
@settings(max_examples=80, deadline=None)
def test_nested_cells_differ_by_at_most_one(pairs):
    counts = ecspace(frame(pairs), "nested").counts
    assert counts.sum() == len(pairs)
    assert counts.max() - counts.min() <= 1


@given(scores, st.sampled_from(["independent", "nested"]), st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_the_order_of_rows_does_not_matter(pairs, bins, random):
    rows = frame(pairs)
    order = list(range(len(rows)))
    random.shuffle(order)
    one, other = ecspace(rows, bins), ecspace(rows.iloc[order], bins)
    pd.testing.assert_frame_equal(one.frame, other.frame)
    assert table(one) == table(other)


@given(scores, st.sampled_from(["independent", "nested"]))
@settings(max_examples=60, deadline=None)
def test_a_better_score_never_lies_in_a_worse_third(pairs, bins):
    space = ecspace(frame(pairs), bins)
    e = space.frame["E_score"].to_numpy()
    third = space.frame["E_third"].to_numpy()
    assert (e[third == 0].max() <= e[third == 1].min()) and (
        e[third == 1].max() <= e[third == 2].min()
    )
    assert e[third == 0].max() <= space.E_cuts[0] <= e[third == 1].min()
    for band in range(3):
        inside = space.frame[space.frame["E_third"] == band]
        low = inside.loc[inside["C_third"] == 0, "C_score"]
        high = inside.loc[inside["C_third"] == 2, "C_score"]
        if len(low) and len(high):
            assert low.max() <= space.C_cuts[band, 0] <= space.C_cuts[band, 1] <= high.min()


@given(scores, st.sampled_from(["independent", "nested"]))
def test_percentages_of_every_cell_sum_to_100_before_the_table_is_cut(pairs, bins):
    space = ecspace(frame(pairs), bins)
    whole = table(space, top=7)
    for row, cut in zip(whole, table(space, top=2), strict=True):
        assert sum(part["count"] for part in row["methods"]) == row["count"]
        assert cut["methods"] == row["methods"][:2]
        if row["count"]:
            total = sum(float(part["percent"].rstrip("%")) for part in row["methods"])
            assert total == pytest.approx(100, abs=0.005 * len(row["methods"]) + 1e-9)
            ours = space.shares(LEVELS.index(row["E"]), LEVELS.index(row["C"]))
            assert sum(part.share for part in ours) == pytest.approx(1, abs=1e-12)
    assert sum(row["count"] for row in whole) == len(pairs)


@given(st.lists(st.sampled_from("abcdefgh"), min_size=1, max_size=60))
def test_shares_of_a_cell_sum_to_one(methods):
    parts = shares(methods)
    assert sum(part.count for part in parts) == len(methods)
    assert sum(part.share for part in parts) == pytest.approx(1)
    assert parts == sorted(parts, key=lambda part: (-part.count, part.method))


@given(st.lists(st.integers(0, 30), max_size=40))
def test_thirds_are_by_value_and_then_by_position(numbers):
    values = np.array(numbers, dtype=float)
    third, cuts = thirds(values)
    ranked = third[np.argsort(values, kind="stable")]
    sizes = np.bincount(third, minlength=3)
    assert ranked.tolist() == sorted(ranked.tolist())
    assert sizes.sum() == len(values)
    assert sizes.max() - sizes.min() <= 1
    assert sizes[0] == sizes[2]
    assert cuts[0] <= cuts[1]


def test_thirds_are_those_of_the_paper():
    third, _ = thirds(np.arange(4198.0))
    assert np.bincount(third).tolist() == [1399, 1400, 1399]


def test_it_prints_percentages_with_two_digits():
    assert percent(115 / 478) == "24.06%"
    assert percent(1.0) == "100.00%"


def test_it_counts_stimuli_without_a_score():
    rows = frame([(float(number), 0.0) for number in range(12)])
    rows.loc[0, "C_score"], rows.loc[1, "C_score"] = np.nan, np.inf
    space = ecspace(rows)
    assert (space.unscored, len(space.frame)) == (2, 10)


def test_it_finds_admissible_points():
    points = np.array([[1.0, 1.0], [2.0, 0.0], [0.0, 2.0], [0.5, 0.5], [1.0, 1.0], [2.0, -1.0]])
    assert admissible(points).tolist() == [True, True, True, False, True, False]


@pytest.mark.parametrize(
    ("rows", "bins", "message"),
    [
        (frame([(0.0, 0.0)] * 8), "independent", "at least 9"),
        (
            frame([(0.0, 0.0)] * 9).drop(columns="E_score"),
            "independent",
            "lack the columns E_score",
        ),
        (pd.concat([frame([(0.0, 0.0)] * 9)] * 2), "nested", "'s0' twice"),
        (frame([(0.0, 0.0)] * 9), "equal", "use one of independent, nested"),
    ],
)
def test_it_refuses_scores_without_a_grid(rows, bins, message):
    with pytest.raises(InputError, match=message):
        ecspace(rows, bins)


def test_examples_of_a_cell_come_from_many_methods():
    space = ecspace(published_scores())
    chosen = examples(space, 2, 2, 5)
    methods = space.frame.set_index("stimulus").loc[chosen, "method"]
    assert len(set(methods)) == 5
    assert set(chosen) <= set(space.cell(2, 2)["stimulus"])
    assert examples(space, 2, 2, 5) == chosen
