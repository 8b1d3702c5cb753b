"""Forecast of a study's standard errors, from measured differences where there are any."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from common.errors import InputError
from studies.design import DESIGNS
from studies.planning.differences import measured_differences
from studies.planning.sample_size import expected_errors, standard_errors
from studies.planning.statistics_provider import coefficients_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from studies.design import Block, Pair
    from studies.planning.sample_size import Floats, Workload


@dataclass(frozen=True)
class Estimate:
    """The expected estimate of one coefficient, if its true value is the expected one."""

    term: str
    coefficient: float
    spread: float
    """Root mean square of the differences that votes are given on."""
    error: float

    @property
    def interval(self) -> tuple[float, float]:
        """The interval that contains 95 % of the estimates."""
        return self.coefficient - 1.96 * self.error, self.coefficient + 1.96 * self.error


@dataclass(frozen=True)
class Forecast:
    """The expected estimates of a target's coefficients, and what their errors are based on."""

    estimates: list[Estimate]
    pairs: int = 0
    """Number of pairs of the design; 0 without stimuli."""
    measured: int = 0
    """Number of pairs whose differences are measured; 0: the spreads are assumed."""
    problem: str = ""
    """The reason why measured differences could not be used."""


def forecast(
    size: Workload,
    target: str,
    blocks: Sequence[Block],
    spreads: Mapping[str, float],
    correlation: float,
    asked: Sequence[Pair] = (),
) -> Forecast:
    """Predict the errors, from measured differences where the stimuli have them.

    Args:
        size: the workload, whose votes are spread evenly over its pairs.
        target: E or C.
        blocks: primary keys of the stimuli; empty if there are none yet.
        spreads: term → assumed standard deviation of its differences.
        correlation: assumed correlation of the differences in any two terms, 0 ≤ correlation < 1.
        asked: the pair of every vote, if the study's own design has chosen them; otherwise the
            default design chooses, and every pair has equally many votes.

    """
    expected = coefficients_of(target)
    beta = np.array(list(expected.values()))
    pairs, problem = 0, ""
    if blocks:
        chosen = Counter(asked or _balanced(blocks, size.pairs))
        differences, votes = _differences(chosen, target, list(expected))
        pairs = len(chosen)
        if len(differences):
            votes *= size.votes / votes.sum()
            try:
                errors = standard_errors(differences, votes, beta)
                found = np.sqrt(np.average(differences**2, axis=0, weights=votes))
                return Forecast(_rows(expected, found, errors), pairs, len(differences))
            except InputError as error:
                problem = str(error)
    sizes = np.array([spreads[term] for term in expected])
    mixed = np.where(np.eye(len(sizes), dtype=bool), 1, correlation)
    errors = expected_errors(size.votes, beta, np.outer(sizes, sizes) * mixed)
    return Forecast(_rows(expected, sizes, errors), pairs, problem=problem)


def _rows(expected: Mapping[str, float], spreads: Floats, errors: Floats) -> list[Estimate]:
    return [
        Estimate(term, value, float(spread), float(error))
        for (term, value), spread, error in zip(expected.items(), spreads, errors, strict=True)
    ]


def _balanced(blocks: Sequence[Block], wanted: int) -> list[Pair]:
    return DESIGNS["balanced"].pairs(blocks, wanted, 1, np.random.default_rng(0))


def _differences(
    chosen: Mapping[Pair, int], target: str, terms: Sequence[str]
) -> tuple[Floats, Floats]:
    """The differences of the measured pairs, (P, K), and the votes on each, (P,)."""
    differences, _ = measured_differences(chosen, target, terms)
    measured = np.isfinite(differences).all(axis=1)
    return differences[measured], np.array(list(chosen.values()), dtype=float)[measured]
