"""Errors of means over votes, when votes share a participant or a stimulus.

Two questions, two intervals. *These stimuli*: what if other people had voted? The participants are
resampled, each with all of their votes. *Other stimuli*: what if other pictures had been made as
well? Two votes then resemble each other where they share a participant or a stimulus, and the error
adds up both kinds of likeness: clustering by participants and, as a vote has two stimuli, dyadic
clustering by stimuli (Cameron & Miller 2014; Aronow, Samii & Assenova 2015), joined as two-way
clustering is (Cameron, Gelbach & Miller 2011). The second interval is the wider one. Without it a
column of random numbers would be called useful far too often: by chance it is correlated with what
people like in the few hundred stimuli at hand, and every further vote confirms that.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.sparse import csr_array
from scipy.stats import norm
from scipy.stats import t as student

from metrics.calibration.bootstrap import FEWEST_PEOPLE
from metrics.calibration.data import Codes, Floats
from metrics.calibration.goodness import error_of_mean, kish
from metrics.calibration.intervals import LEVEL


@dataclass(frozen=True)
class Clusters:
    """Who gave each of N votes, and which two stimuli it compares: codes (N,)."""

    people: Codes
    one: Codes
    other: Codes

    def part(self, rows: np.ndarray) -> Clusters:
        """The clusters of some votes."""
        return Clusters(self.people[rows], self.one[rows], self.other[rows])

    @cached_property
    def effective_people(self) -> float:
        """As many participants of equally many votes would weigh the same (Kish 1965)."""
        return kish(self.people)

    @cached_property
    def effective_stimuli(self) -> float:
        """The same of stimuli."""
        return kish(np.concatenate([self.one, self.other]))

    @property
    def obstacle(self) -> str:
        """Why there is no interval; empty where there may be one."""
        if self.effective_people >= FEWEST_PEOPLE:
            return ""
        many = len(np.unique(self.people))
        return (
            f"the votes come from {many} participant{'s' * (many != 1)} and weigh like those of "
            f"{self.effective_people:.1f} who gave equally many: an interval needs {FEWEST_PEOPLE}"
        )

    @property
    def df(self) -> float:
        """Degrees of freedom of errors over participants and stimuli: the smaller number less 1."""
        return max(1.0, min(self.effective_people, self.effective_stimuli) - 1)

    @cached_property
    def _groupings(self) -> dict[str, csr_array]:
        count = len(self.people)
        low, high = np.minimum(self.one, self.other), np.maximum(self.one, self.other)
        stimuli = int(high.max()) + 1
        pair = low * stimuli + high
        two = np.arange(count), np.arange(count)
        ends = np.concatenate([self.one, self.other])
        person = self.people.astype(np.int64)
        return {
            "people": _sums(person, np.arange(count), count),
            "ends": _sums(ends, np.concatenate(two), count),
            "pairs": _sums(pair, np.arange(count), count),
            "people and ends": _sums(
                np.concatenate([person, person]) * stimuli + ends, np.concatenate(two), count
            ),
            "people and pairs": _sums(person * stimuli**2 + pair, np.arange(count), count),
        }

    def covariances(self, influence: Floats) -> tuple[Floats, Floats, Floats]:
        """Covariances (K, K) of K estimates from each vote's influence (N, K) on them.

        By participants alone, by stimuli alone, and by both.
        """
        moments = {
            name: (sums := matrix @ influence).T @ sums for name, matrix in self._groupings.items()
        }
        # Votes on one pair share both of its stimuli, and are counted at both ends: once too often.
        people, stimuli = moments["people"], moments["ends"] - moments["pairs"]
        shared = moments["people and ends"] - moments["people and pairs"]
        persons, pictures = (self._groupings[name].shape[0] for name in ("people", "ends"))
        by_people = people * (persons / max(persons - 1, 1))
        by_stimuli = stimuli * (pictures / max(pictures - 1, 1))
        return by_people, by_stimuli, by_people + by_stimuli - shared


def _sums(codes: Codes, votes: Codes, count: int) -> csr_array:
    """The matrix (G, N) that adds up votes within groups."""
    groups = np.unique(codes, return_inverse=True)[1].ravel()
    shape = (int(groups.max()) + 1, count)
    return csr_array((np.ones(len(groups)), (groups, votes)), shape=shape)


def influence(values: Floats) -> tuple[Floats, Floats]:
    """Means (K,) of values (N, K) over the votes that have one; each vote's influence (N, K)."""
    there = np.isfinite(values)
    count = np.maximum(there.sum(axis=0), 1)
    mean = np.where(there, values, 0.0).sum(axis=0) / count
    return mean, np.where(there, values - mean, 0.0) / count


def standard_errors(
    clusters: Clusters, effect: Floats, contrasts: Floats | None = None
) -> tuple[Floats, Floats]:
    """Errors (M,) over participants and stimuli of contrasts (M, K), and the covariance (K, K).

    The joint variance is a difference of estimates and may come out too small: it counts as at
    least that of participants alone and that of stimuli alone. effect: (N, K), as of `influence`.
    """
    matrices = clusters.covariances(effect)
    contrasts = np.eye(effect.shape[1]) if contrasts is None else contrasts
    variances = [((contrasts @ matrix) * contrasts).sum(axis=1) for matrix in matrices]
    errors = np.sqrt(np.maximum(np.max(variances, axis=0), 0.0))
    values, vectors = np.linalg.eigh((matrices[2] + matrices[2].T) / 2)
    return errors, (vectors * np.maximum(values, 0.0)) @ vectors.T


def expanded_tails(people: float, level: float = LEVEL) -> list[float]:
    """The quantiles of a percentile interval from few participants.

    Resampled means spread as if the variance were divided by n instead of n − 1, and as a normal
    distribution instead of Student's t; wider quantiles make up for both (Hesterberg 2015, section
    5.3, "expanded percentile interval").
    """
    reach = np.sqrt(people / (people - 1)) * student.ppf(0.5 + level / 2, people - 1)
    tail = float(norm.cdf(-reach))
    return [tail, 1 - tail]


@dataclass(frozen=True)
class Draws:
    """Draws of as many participants as there are, with replacement: times (B, G) of each."""

    clusters: Clusters
    times: Floats
    seed: int

    @staticmethod
    def of(clusters: Clusters, draws: int, seed: int) -> Draws:
        """Draw participants."""
        many = int(clusters.people.max()) + 1
        rng = np.random.default_rng(seed)
        times = rng.multinomial(many, np.full(many, 1 / many), size=draws)
        return Draws(clusters, times.astype(np.float64), seed)

    def intervals(self, values: Floats) -> Floats:
        """Percentile intervals (K, 2) of the means of values (N, K): these stimuli, other people.

        NaN where participants do not support one (see `Clusters.obstacle` and
        goodness.error_of_mean).
        """
        found = np.full((values.shape[1], 2), np.nan)
        if self.clusters.obstacle or len(self.times) < 2:
            return found
        there = np.isfinite(values)
        people, many = self.clusters.people, self.times.shape[1]
        sums, counts = np.zeros((2, many, values.shape[1]))
        np.add.at(sums, people, np.where(there, values, 0.0))
        np.add.at(counts, people, there)
        drawn = self.times @ counts
        means = (self.times @ sums) / np.where(drawn > 0, drawn, np.nan)
        for column in range(values.shape[1]):
            rows = there[:, column]
            if not rows.any() or np.isnan(means[:, column]).any():
                continue
            effective = kish(people[rows])
            enough = effective >= FEWEST_PEOPLE
            if enough and np.isfinite(error_of_mean(values[rows, column], people[rows])):
                found[column] = np.quantile(means[:, column], expanded_tails(effective))
        return found


def wide_intervals(
    clusters: Clusters, mean: Floats, errors: Floats, level: float = LEVEL
) -> Floats:
    """Intervals (K, 2) for other people and other stimuli, by Student's t; NaN as in `obstacle`."""
    if clusters.obstacle:
        return np.full((len(mean), 2), np.nan)
    width = student.ppf(0.5 + level / 2, clusters.df) * np.where(errors > 0, errors, np.nan)
    return np.column_stack([mean - width, mean + width])
