"""The planner: arithmetic checked by hand, standard errors against simulated studies."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.discrete.discrete_model import Logit

from common.errors import InputError
from studies.planning.sample_size import (
    StudySize,
    expected_errors,
    standard_errors,
    trials_within,
    votes_per_pair,
    workload,
)


def test_it_counts_pairs_votes_people_and_money():
    # 5 references × 8 stimuli × 4 others / 2 = 80 pairs; 70 real trials and 10 controls of 6 s and
    # a minute to read: 9 min. 4 votes each = 320 votes = 5 people of 70; a fifth leaves: 7 paid.
    size = StudySize((8,) * 5, 4, 70, meetings=4, controls=10, hourly_pay=9, fee=1 / 3, dropout=0.2)
    found = workload(size)
    assert (found.stimuli, found.pairs, found.votes, found.trials) == (40, 80, 320, 70)
    assert (found.minutes, found.participants, found.invited) == (9, 5, 7)
    assert found.cost == pytest.approx(7 * 1.35 * 4 / 3)
    assert found.meetings == 16
    assert found.advice == ()
    # Groups of unequal size: 3 pairs of 3, 5 of 5 (2 others each), and nobody to meet for the last.
    assert workload(StudySize((3, 5, 1), 1, 8, meetings=2)).pairs == 8
    assert workload(StudySize((3, 5, 1), 1, 8, meetings=2)).stimuli == 8


@given(st.integers(1, 20_000), st.integers(1, 20_000))
def test_votes_per_pair_have_the_fewest_sufficient_digits(votes, pairs):
    found = votes_per_pair(votes, pairs)
    assert workload(StudySize((2,), found, 9, pairs=pairs)).votes == votes
    assert votes_per_pair(4 * pairs, pairs) == 4
    assert found == pytest.approx(votes / pairs, abs=1 / pairs)


def test_it_turns_minutes_into_trials():
    assert trials_within(9, controls=10) == 70
    assert trials_within(9, seconds=4) == 120
    with pytest.raises(InputError, match="room for 0 trials"):
        trials_within(0.5)
    with pytest.raises(InputError, match="room for 10 trials of 6 s, and 10 of them are control"):
        trials_within(2, controls=10)


@given(
    st.lists(st.integers(2, 40), min_size=1, max_size=30),
    st.floats(0.5, 20),
    st.integers(1, 300),
    st.integers(2, 50),
)
def test_the_workload_meets_the_size_asked_for(groups, votes_per_pair, trials, meetings):
    found = workload(StudySize(tuple(groups), votes_per_pair, trials, meetings=meetings))
    assert found.votes >= votes_per_pair * found.pairs - 1e-6 * found.pairs  # rounding
    assert found.participants * found.trials >= found.votes
    assert (found.participants - 1) * found.trials < found.votes
    assert found.pairs <= sum(size * (size - 1) // 2 for size in groups)
    assert found.trials <= found.pairs


def test_it_advises_against_too_few_votes_and_long_sessions():
    said = " ".join(workload(StudySize((20,), 2, 400, meetings=2, seconds=99)).advice)
    assert "at least 4 votes per pair" in said
    assert "at least 10 times" in said
    assert "has only 20 real trials" in said
    assert "30 minutes" in said


@pytest.mark.parametrize(
    ("size", "said"),
    [
        (StudySize((1, 1), 4, 10), "at least 2 stimuli"),
        (StudySize((), 4, 10), "at least 2 stimuli"),
        (StudySize((9,), 4, 9, dropout=1), "is not below 1"),
        (StudySize((2, 3), 4, 9, meetings=1), "never compared"),
    ],
)
def test_it_refuses_what_cannot_be_planned(size, said):
    with pytest.raises(InputError, match=said):
        workload(size)


def test_it_predicts_the_errors_that_simulated_studies_show():
    generator = np.random.default_rng(3)
    truth = np.array([0.7468, 0.2557, 2.3768])  # the published model of E
    differences = generator.normal(size=(150, 3)) * [1.0, 1.5, 0.4]
    votes = np.full(150, 6.0)
    predicted = standard_errors(differences, votes, truth)
    rows = np.repeat(differences, 6, axis=0)
    chance = 1 / (1 + np.exp(-rows @ truth))
    fits = [
        Logit((generator.random(len(rows)) < chance).astype(float), rows).fit(disp=0).params
        for _ in range(200)
    ]
    # The spread of 200 fits is known to 5 %; 15 % is three times that.
    assert predicted == pytest.approx(np.std(fits, axis=0, ddof=1), rel=0.15)


def test_it_predicts_errors_before_anything_is_measured():
    generator = np.random.default_rng(4)
    truth = np.array([0.7468, 0.2557, 2.3768])
    spread = np.array([1.0, 1.5, 0.8])
    covariance = np.outer(spread, spread) * np.where(np.eye(3, dtype=bool), 1, 0.6)
    x = generator.multivariate_normal(np.zeros(3), covariance, size=400_000)
    whole = standard_errors(x, np.ones(len(x)), truth)
    assert expected_errors(400_000, truth, covariance) == pytest.approx(whole, rel=0.01)


def test_without_an_effect_errors_follow_a_formula():
    # p = ½ gives the information votes · covariance / 4, so errors of 2 / (spread · √votes).
    found = expected_errors(400, np.zeros(2), np.diag([1.0, 4.0]))
    assert found == pytest.approx([2 / 20, 2 / 40])
    # Correlated by r, each error grows by 1 / √(1 − r²).
    found = expected_errors(400, np.zeros(2), np.array([[1, 0.6], [0.6, 1]]))
    assert found == pytest.approx([0.1 / 0.8, 0.1 / 0.8])


def test_it_refuses_pairs_that_determine_nothing():
    with pytest.raises(InputError, match="determine"):
        standard_errors(np.ones((9, 2)), np.ones(9), np.zeros(2))
