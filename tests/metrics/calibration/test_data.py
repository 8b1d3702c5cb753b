"""Votes and statistics become a design, or an error of one line."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from common.errors import InputError
from metrics.calibration.data import compare

from . import simulated

TERMS = ("E1", "E3")


@pytest.fixture
def table():
    return simulated.statistics(20)


@pytest.fixture
def votes(table):
    return simulated.votes(table, simulated.PUBLISHED_E, people=5, trials=6)


def test_it_takes_differences_left_minus_right(table, votes):
    comparisons = compare(votes, table, TERMS)
    values = table.set_index("stimulus")
    first = votes.iloc[0]
    expected = (
        values.loc[first["stimulus_left"], list(TERMS)]
        - values.loc[first["stimulus_right"], list(TERMS)]
    )
    np.testing.assert_allclose(comparisons.differences[0], expected.astype(float))
    assert comparisons.preferred[0] == float(first["choice"] == "left")
    assert (comparisons.votes, comparisons.people) == (30, 5)
    assert comparisons.dropped == {}


def test_it_counts_every_vote_left_out_by_its_reason(table, votes):
    votes = votes.assign(
        kind=["training", "gold", "trap", "repeat"] + [None] * 26,
        simulated=[0] * 4 + ["True", True, 1] + [""] * 23,
        excluded=[0] * 7 + ["true", "too fast", None] + [False] * 20,
    )
    votes.loc[10, "choice"] = "tie"
    votes.loc[11, "stimulus_left"] = votes.loc[11, "stimulus_right"]
    comparisons = compare(votes, table, TERMS)
    assert comparisons.dropped == {
        "a stimulus against itself": 1,
        "excluded": 1,
        "excluded: too fast": 1,
        "gold": 1,
        "repeat": 1,
        "simulated": 3,
        "tie": 1,
        "training": 1,
        "trap": 1,
    }
    assert comparisons.votes == 30 - 11
    assert comparisons.simulated == 0


def test_simulated_votes_enter_only_on_request_and_are_counted(table, votes):
    votes = votes.assign(simulated=True)
    with pytest.raises(InputError, match="all 30 votes are simulated"):
        compare(votes, table, TERMS)
    assert compare(votes, table, TERMS, include_simulated=True).simulated == 30


def test_it_takes_a_tie_as_half_on_request(table, votes):
    votes.loc[:9, "choice"] = "tie"
    assert compare(votes, table, TERMS).votes == 20
    halves = compare(votes, table, TERMS, ties="half")
    assert (halves.votes, halves.ties) == (30, 10)
    assert (halves.preferred[:10] == 0.5).all()


def test_it_counts_votes_on_stimuli_without_the_statistic(table, votes):
    gone = votes.loc[0, "stimulus_left"]
    table.loc[table["stimulus"] == gone, "E3"] = None
    comparisons = compare(votes, table, TERMS)
    assert comparisons.dropped["statistic missing"] >= 1
    assert np.isfinite(comparisons.differences).all()
    assert "statistic missing" not in compare(votes, table, ("E1",)).dropped


def test_a_pair_has_one_code_for_both_sides(table):
    votes = pd.DataFrame(
        {
            "participant": ["a", "b", "c"],
            "stimulus_left": ["s0001", "s0002", "s0003"],
            "stimulus_right": ["s0002", "s0001", "s0001"],
            "choice": ["left", "left", "right"],
        }
    )
    pairs = compare(votes, table, TERMS).pairs
    assert pairs[0] == pairs[1] != pairs[2]


def test_its_fingerprint_depends_on_the_data_and_not_their_order(table, votes):
    first = compare(votes, table, TERMS).fingerprint
    assert compare(votes.sample(frac=1, random_state=1), table, TERMS).fingerprint == first
    votes.loc[0, "choice"] = "left" if votes.loc[0, "choice"] == "right" else "right"
    assert compare(votes, table, TERMS).fingerprint != first


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda v, t: (v.iloc[:0], t), "no votes"),
        (lambda v, t: (v.drop(columns="choice"), t), "lack the column choice"),
        (lambda v, t: (v.assign(choice="both"), t), "choice 'both' .* use left, right, tie"),
        (lambda v, t: (v.assign(choice=None), t), "choice of nothing in 30 votes"),
        (lambda v, t: (v.assign(stimulus_right=None), t), "a vote has no stimulus_right"),
        (lambda v, t: (v, t.assign(stimulus=[None, *t["stimulus"][1:]])), "names no stimulus"),
        (lambda v, t: (v.assign(participant=None), t), "no participant"),
        (lambda v, t: (v.assign(stimulus_left="zz"), t), "30 votes name a stimulus .* 'zz'"),
        (lambda v, t: (v.assign(kind="odd"), t), "kind 'odd' is unknown"),
        (lambda v, t: (v.assign(simulated="maybe"), t), "simulated 'maybe'"),
        (lambda v, t: (v, t.drop(columns="E3")), "lack the column E3"),
        (lambda v, t: (v, pd.concat([t, t])), "'s0000' twice"),
        (lambda v, t: (v, t.assign(E3="high")), "E3 = high for stimulus 's0000'"),
        (lambda v, t: (v, t.assign(E1=np.inf)), "E1 = inf"),
        (lambda v, t: (v, t.assign(instrument_E=["a", "b"] * 10)), "two instruments"),
        (lambda v, t: (v.assign(choice="tie"), t), r"no vote is left of 30 \(tie 30\)"),
    ],
)
def test_it_refuses_bad_input_in_one_line(table, votes, change, message):
    changed, other = change(votes, table)
    with pytest.raises(InputError, match=message) as caught:
        compare(changed, other, TERMS)
    assert "\n" not in str(caught.value)


def test_it_names_the_instrument_of_the_terms_used(table, votes):
    table = table.assign(instrument_E="compact/8f", instrument_C="gpb")
    assert compare(votes, table, TERMS).instruments == {"E": "compact/8f"}
    assert compare(votes, table, ("C",)).instruments == {"C": "gpb"}
    mixed = table.assign(instrument_E=["a", "b"] * 10)
    assert compare(votes, mixed, TERMS, any_instrument=True).instruments == {"E": "a + b"}


def test_it_accepts_the_types_of_pandas(table, votes):
    """Categories, nullable numbers and booleans, Arrow strings, text, an index that repeats."""
    usual = compare(votes, table, TERMS)
    missing = pd.array([pd.NA, False] * 15, dtype="boolean")
    for changed, other in (
        (votes.astype(dict.fromkeys(["participant", "choice"], "category")), table),
        (votes.assign(kind=pd.Categorical([None] * 30, categories=["repeat"])), table),
        (votes.assign(simulated=missing, excluded=missing), table.astype({"E1": "Float64"})),
        (votes.convert_dtypes(), table.convert_dtypes()),
        (votes, table.astype({"E1": str, "E3": object})),
        (votes.set_axis([0] * 30), table.set_axis([0] * 20)),
    ):
        again = compare(changed, other, TERMS)
        assert again.fingerprint == usual.fingerprint
        np.testing.assert_array_equal(again.differences, usual.differences)
    gone = table.astype({"E1": "Float64"})
    gone.loc[gone["stimulus"] == votes.loc[0, "stimulus_left"], "E1"] = pd.NA
    assert compare(votes, gone, TERMS).dropped["statistic missing"] >= 1
