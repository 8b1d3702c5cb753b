"""Correlations of votes: planted ones are found again, and few votes give none."""

from __future__ import annotations

import numpy as np
import pytest

from metrics.calibration.referee.errors import Clusters
from metrics.calibration.referee.likeness import likeness


def planted(seed: int, of_people: float, of_stimuli: float, people: int = 60, votes: int = 60):
    """Two statistics of which one, by chance, is right: D has the correlations asked for."""
    rng = np.random.default_rng(seed)
    stimuli, count = 300, people * votes
    person = np.repeat(np.arange(people), votes)
    left = rng.integers(0, stimuli, count)
    right = (left + rng.integers(1, stimuli, count)) % stimuli
    d = 0.4
    sign = rng.choice([-1, 1], people)[person] * np.sqrt(d * of_people)
    shown = rng.choice([-1, 1], stimuli) * np.sqrt(d * of_stimuli)
    centre = sign + shown[left] + shown[right]
    draw = rng.random(count)
    values = np.where(draw < (d + centre) / 2, 1.0, np.where(draw < d, -1.0, 0.0))
    return np.column_stack([values == 1, values == -1]).astype(float), Clusters(person, left, right)


@pytest.mark.parametrize("asked", [(0.0, 0.0), (0.06, 0.0), (0.0, 0.05), (0.04, 0.03)])
def test_it_finds_the_planted_correlations(asked):
    found = [likeness(*planted(seed, *asked)) for seed in range(8)]
    mean = np.mean([[each.people, each.stimuli] for each in found], axis=0)
    assert mean == pytest.approx(asked, abs=0.01)
    assert found[0].statistics == 2


def test_few_votes_people_or_statistics_give_none():
    assert likeness(*planted(0, 0.0, 0.0, people=30, votes=16)) is None  # 480 votes
    assert likeness(*planted(0, 0.0, 0.0, people=19, votes=60)) is None
    right, clusters = planted(0, 0.0, 0.0)
    assert likeness(right[:, :1], clusters) is None
    assert likeness(right[:, [0, 0]], clusters) is None  # never differ
    assert likeness(np.full_like(right, np.nan), clusters) is None
