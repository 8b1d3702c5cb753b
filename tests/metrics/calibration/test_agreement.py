"""Agreement of people, and the bounds that follow from it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.calibration.agreement import agreement, bounds
from metrics.calibration.baselines import baselines
from metrics.calibration.data import compare
from metrics.calibration.selection import select

from . import simulated


def test_it_counts_repeats_and_agreement_with_others():
    rows = [
        ("a", "s0", "s1", "left", "real"), ("a", "s1", "s0", "right", "repeat"),  # same answer
        ("b", "s0", "s1", "left", "real"), ("b", "s0", "s1", "right", "repeat"),  # another one
        ("c", "s1", "s0", "left", "real"),
        ("a", "s2", "s3", "left", "real"),  # nobody else saw this pair
    ]  # fmt: skip
    votes = pd.DataFrame(
        rows, columns=["participant", "stimulus_left", "stimulus_right", "choice", "kind"]
    )
    statistics = pd.DataFrame({"stimulus": ["s0", "s1", "s2", "s3"], "E1": [1.0, 0.0, 2.0, 1.0]})
    found = agreement(compare(votes, statistics, ["E1"]))
    assert (found["within"], found["repeats"]) == (0.5, 2)
    # a and b prefer s0, c prefers s1: of three pairs of people one agrees.
    assert found["between"] == pytest.approx(1 / 3)
    # for a the others are split (½), for b too, for c they are wrong (0).
    assert found["ceiling"] == pytest.approx(1 / 3)
    assert found["shared_votes"] == 3
    assert found["within_error"] is None  # of two people
    # Nobody is kept from answering at will by a repeat that does not count.
    excluded = votes.assign(excluded=[0, 0, 0, 1, 0, 0])
    assert agreement(compare(excluded, statistics, ["E1"]))["repeats"] == 1
    machine = votes.assign(simulated=votes["participant"] == "b")
    found = agreement(compare(machine, statistics, ["E1"]))
    assert (found["within"], found["repeats"]) == (1.0, 1)
    assert found["within_error"] is None


@given(chances=st.lists(st.floats(0, 1), min_size=1, max_size=20))
def test_a_predictor_with_the_true_probabilities_is_within_the_bounds(chances):
    p = np.array(chances)
    best, least = bounds(float((p**2 + (1 - p) ** 2).mean()))
    assert np.maximum(p, 1 - p).mean() <= best + 1e-9
    q = np.clip(p, 1e-12, 1 - 1e-12)
    assert least - 1e-9 <= -(q * np.log(q) + (1 - q) * np.log(1 - q)).mean()


def test_its_bounds_are_exact_for_chance_and_certainty():
    assert bounds(0.5) == (0.5, pytest.approx(np.log(2)))
    assert bounds(1.0) == (1.0, 0.0)
    assert bounds(0.3) == bounds(0.5)  # less than chance is luck


def test_the_selection_lists_baselines():
    table = simulated.statistics(60, deviation=0.7)
    votes = simulated.votes(table, simulated.PUBLISHED_E, people=20, trials=30)
    votes["kind"] = "real"
    again = votes.iloc[::3].assign(kind="repeat")
    flipped = np.arange(len(again)) % 5 == 0
    other = again["choice"].map({"left": "right", "right": "left"})
    again["choice"] = again["choice"].where(~flipped, other)
    data = compare(pd.concat([votes, again]), table, ("E1", "E2", "E3", "E4", "E5"))
    selection = select(data)
    chance, single, people, others = baselines(selection, agreement(data))
    assert (chance["log_loss"], chance["accuracy"]) == (pytest.approx(np.log(2)), 0.5)
    assert single["terms"] == ["E3"]
    assert selection.chosen.loss < single["log_loss"] < chance["log_loss"]
    assert people["accuracy"] == pytest.approx(0.5 + 0.5 * 0.6**0.5)  # 80 % answer as before
    assert people["log_loss"] == pytest.approx(0.4 * np.log(2))
    assert 0.5 < others["accuracy"] < 1
