"""The planned power of the referee, by hand and by simulated votes."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import norm

from common.errors import InputError
from metrics.calibration.referee.errors import Clusters, influence, standard_errors, wide_intervals
from metrics.calibration.referee.power import TwoStatistics


def test_independent_votes_need_as_many_as_by_connors_formula():
    # δ = 0.05, d = 0.3: (1.95996 √0.3 + 0.84162 √0.2975)² / 0.05² = 940.0 votes.
    asked = TwoStatistics(0.05, 0.3, votes=1, stimuli=10**9)
    z = norm.ppf(0.975) * math.sqrt(0.3) + norm.ppf(0.8) * math.sqrt(0.3 - 0.05**2)
    assert z**2 / 0.05**2 == pytest.approx(940, abs=1)
    assert asked.people(0.8) == pytest.approx(z**2 / 0.05**2, rel=0.005)
    least = asked.people(0.8)
    assert asked.power(least - 1) < 0.8 <= asked.power(least)


def test_likeness_of_votes_costs_the_design_effect():
    assert TwoStatistics(0.05, 0.3, 21, 100, 0.1).design_effect(50) == pytest.approx(3)
    # 50 people × 21 votes: each of 100 stimuli is met 21 times.
    assert TwoStatistics(0.05, 0.3, 21, 100, 0, 0.1).design_effect(50) == pytest.approx(5)
    # The limit of the variance on 100 stimuli is 0.3 · 4 · 0.1 / 100: an error of 0.035.
    assert TwoStatistics(0.05, 0.3, 21, 100, 0, 0.1).people(0.8) is None
    assert TwoStatistics(0.05, 0.3, 21, 1000, 0, 0.1).people(0.8) > 0


def test_more_statistics_and_smaller_differences_need_more_people():
    few = TwoStatistics(0.05, 0.3, 20, 1000, 0.01).people(0.8)
    assert TwoStatistics(0.05, 0.3, 20, 1000, 0.01, statistics=12).people(0.8) > few
    assert TwoStatistics(0.04, 0.3, 20, 1000, 0.01).people(0.8) > few
    assert TwoStatistics(0.05, 0.3, 20, 1000, 0.01).power(9) == 0  # no interval, no rank
    assert TwoStatistics(0.3, 0.3, 50, 1000).people(0.9) == 10


@pytest.mark.parametrize(
    "numbers",
    [
        {"difference": 0.0},
        {"difference": 0.4},
        {"discordance": 1.1},
        {"people_correlation": 1.0},
        {"statistics": 1},
        {"stimuli": 1},
    ],
)
def test_impossible_numbers_are_refused(numbers):
    usual = {"difference": 0.05, "discordance": 0.3, "votes": 20, "stimuli": 100}
    with pytest.raises(InputError, match="use"):
        TwoStatistics(**usual | numbers)


@pytest.mark.parametrize(("of_people", "of_stimuli"), [(0.04, 0.0), (0.0, 0.05)])
def test_the_referees_errors_find_the_difference_as_often_as_planned(of_people, of_stimuli):
    """D has the correlations asked for; the referee's own interval decides each study."""
    people, votes, stimuli, studies = 40, 20, 200, 400
    rng = np.random.default_rng(5)
    asked = TwoStatistics(0.08, 0.35, votes, stimuli, of_people, of_stimuli)
    person = np.repeat(np.arange(people), votes)
    found = 0
    for _ in range(studies):
        left, right = _pairs(rng, stimuli, len(person))
        found += _is_found(rng, asked, person, left, right)
    planned = asked.power(people)
    assert 0.3 < planned < 0.95
    # 3 Monte-Carlo errors, and 0.03 as errors themselves are estimated from few clusters.
    error = math.sqrt(planned * (1 - planned) / studies)
    assert found / studies == pytest.approx(planned, abs=3 * error + 0.03)


def _pairs(rng, stimuli, votes):
    """Pairs of two different stimuli; each stimulus is met equally often."""
    left = rng.permutation(np.arange(votes) % stimuli)
    return left, (left + rng.integers(1, stimuli, votes)) % stimuli


def _is_found(rng, asked, person, left, right):
    """Draw D by who shifts its chances: participants by ±a, or both stimuli by ±a each."""
    d, mean = asked.discordance, asked.difference
    variance = d - mean**2
    of_person = math.sqrt(variance * asked.people_correlation)
    of_stimulus = math.sqrt(variance * asked.stimuli_correlation)
    sign = rng.choice([-1, 1], person.max() + 1)[person] * of_person
    shown = rng.choice([-1, 1], asked.stimuli)
    centre = mean + sign + (shown[left] + shown[right]) * of_stimulus
    draw = rng.random(len(person))
    values = np.where(draw < (d + centre) / 2, 1.0, np.where(draw < d, -1.0, 0.0))
    clusters = Clusters(person, left, right)
    average, effect = influence(values[:, None])
    errors, _ = standard_errors(clusters, effect)
    low = wide_intervals(clusters, average, errors)[0, 0]
    return bool(low > 0)
