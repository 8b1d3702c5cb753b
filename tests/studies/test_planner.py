"""The planner: arithmetic by hand, standard errors against simulated studies."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.discrete.discrete_model import Logit

from studies.planner import Wishes, error_of_one, plan, standard_errors
from transfer.errors import InputError


def test_it_counts_pairs_votes_people_and_money():
    # 5 references × 8 stimuli × 4 others / 2 = 80 pairs; 9 min − 1 = 80 trials of 6 s, 10 of them
    # controls; 4 votes each = 320 votes = 5 people of 70; a fifth leaves: 7 are paid 1.80 each.
    found = plan(Wishes(5, 8, 4, 9, meetings=4, controls=10, hourly_pay=9, fee=1 / 3, dropout=0.2))
    assert (found.pairs, found.votes, found.trials_per_participant) == (80, 320, 70)
    assert (found.participants, found.invited) == (5, 7)
    assert found.cost == pytest.approx(7 * 1.35 * 4 / 3)
    assert found.meetings == 16
    assert found.advice == ()


@given(st.integers(1, 30), st.integers(2, 40), st.floats(0.5, 20), st.floats(2, 60))
def test_it_always_grants_what_was_wished(references, stimuli, votes_per_pair, minutes):
    found = plan(Wishes(references, stimuli, votes_per_pair, minutes))
    assert found.votes >= votes_per_pair * found.pairs
    assert found.participants * found.trials_per_participant >= found.votes
    assert (found.participants - 1) * found.trials_per_participant < found.votes
    assert found.pairs <= references * stimuli * (stimuli - 1) / 2
    assert found.trials_per_participant <= found.pairs


def test_it_advises_against_too_few_votes_and_long_sessions():
    said = " ".join(plan(Wishes(1, 20, 2, 40, meetings=2)).advice)
    assert "at least 4 votes per pair" in said
    assert "at least 10 times" in said
    assert "30 minutes" in said
    assert "never compared" in " ".join(plan(Wishes(1, 20, 4, 10, meetings=1)).advice)


@pytest.mark.parametrize(
    ("wishes", "said"),
    [
        (Wishes(1, 1, 4, 10), "at least 2 stimuli"),
        (Wishes(1, 9, 4, 1), "room for 0 trials"),
        (Wishes(1, 9, 4, 2, controls=10), "10 of them are no real ones"),
        (Wishes(1, 9, 4, 9, dropout=1), "no share below 1"),
    ],
)
def test_it_refuses_what_cannot_be_planned(wishes, said):
    with pytest.raises(InputError, match=said):
        plan(wishes)


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


def test_it_predicts_one_error_before_anything_is_measured():
    generator = np.random.default_rng(4)
    x = generator.normal(size=(400_000, 1))
    whole = standard_errors(x, np.ones(len(x)), np.array([1.0]))[0]
    assert error_of_one(400_000) == pytest.approx(whole, rel=0.01)
    assert error_of_one(400, 0.0) == pytest.approx(2 / 20)  # p = ½: 2 / √votes
    assert error_of_one(1600) == pytest.approx(error_of_one(400) / 2)


def test_it_refuses_pairs_that_determine_nothing():
    with pytest.raises(InputError, match="determine"):
        standard_errors(np.ones((9, 2)), np.ones(9), np.zeros(2))
