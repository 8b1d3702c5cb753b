"""How much votes resemble each other, as `power.TwoStatistics` needs it.

D is the difference of two statistics' being right about a vote. Its correlation between votes that
share a participant, or a stimulus and no participant, is the mean product of their deviations from
the mean of D, divided by the variance of D (the analysis-of-variance estimate of an intraclass
correlation, Donner 1986, for clusters of any size), averaged over all pairs of statistics.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np

from metrics.calibration.data import Codes, Floats
from metrics.calibration.referee.errors import Clusters

FEWEST_VOTES, FEWEST_PEOPLE = 500, 20
_MOST = 0.99


@dataclass(frozen=True)
class Likeness:
    """people, stimuli: correlations of D, 0 … 0.99; statistics, votes: how many were compared."""

    people: float
    stimuli: float
    statistics: int
    votes: int


def likeness(right: Floats, clusters: Clusters) -> Likeness | None:
    """Estimate both correlations.

    Args:
        right: (N, K), 1 where a statistic predicts the vote, ½ for ties, 0, or NaN where unknown.
        clusters: of the votes.

    Returns:
        None for fewer than 500 votes, 20 participants (Kish's count), or two different statistics.

    """
    found = []
    used: set[int] = set()
    votes = 0
    for one, other in combinations(range(right.shape[1]), 2):
        d = right[:, one] - right[:, other]
        rows = np.isfinite(d)
        part = clusters.part(rows)
        if rows.sum() < FEWEST_VOTES or part.effective_people < FEWEST_PEOPLE:
            continue
        if np.ptp(d[rows]) == 0:
            continue
        found.append(_correlations(d[rows], part))
        used |= {one, other}
        votes = max(votes, int(rows.sum()))
    if not found:
        return None
    people, stimuli = np.clip(np.mean(found, axis=0), 0.0, _MOST).tolist()
    return Likeness(people, stimuli, len(used), votes)


def _correlations(d: Floats, clusters: Clusters) -> tuple[float, float]:
    error = d - d.mean()
    ends = np.concatenate([clusters.one, clusters.other])
    twice = np.concatenate([error, error])
    people = np.concatenate([clusters.people, clusters.people])
    of_people = _products(error, clusters.people)
    at_ends = _products(twice, ends)
    same = _products(twice, people * (int(ends.max()) + 1) + ends)
    others = at_ends[0] - same[0], at_ends[1] - same[1]
    variance = float(np.square(error).mean())
    shares = [
        total / pairs / variance if pairs > 0 else 0.0 for total, pairs in (of_people, others)
    ]
    return shares[0], shares[1]


def _products(values: Floats, groups: Codes) -> tuple[float, float]:
    """Sum of the products of ordered pairs of different votes of a group, and how many pairs."""
    codes = np.unique(groups, return_inverse=True)[1].ravel()
    sums = np.bincount(codes, values)
    counts = np.bincount(codes)
    total = float(np.square(sums).sum() - np.square(values).sum())
    return total, float((counts * (counts - 1)).sum())
