"""What a study of some stimuli would find out: the planner's numbers for rows of the database."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from django.conf import settings
from django.utils.module_loading import import_string

from common.errors import InputError
from studies.design import DESIGNS
from studies.planning.sample_size import expected_errors, standard_errors

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from studies.design import Block, Pair
    from studies.planning.sample_size import Floats, Plan


@dataclass(frozen=True)
class Estimate:
    """One coefficient as a study will know it, if it is what one believes it to be."""

    term: str
    coefficient: float
    spread: float
    """Standard deviation of the differences that votes are given on."""
    error: float

    @property
    def interval(self) -> tuple[float, float]:
        """95 % of studies end in here."""
        return self.coefficient - 1.96 * self.error, self.coefficient + 1.96 * self.error


@dataclass(frozen=True)
class Forecast:
    """The coefficients of a target, and what stands behind their errors."""

    estimates: list[Estimate]
    pairs: int = 0
    """Pairs of the design, where stimuli were chosen."""
    measured: int = 0
    """Those of them whose differences are measured; 0: the spreads are assumed."""
    problem: str = ""
    """Why measured differences could not be used."""


def coefficients_of(target: str) -> dict[str, float]:
    """The coefficients that a calibration of E or C is believed to find: term → coefficient."""
    found: dict[str, float] = import_string(settings.STUDY_COEFFICIENTS)(target)
    return found


def forecast(
    plan: Plan,
    target: str,
    blocks: Sequence[Block],
    spreads: Mapping[str, float],
    correlation: float,
    asked: Sequence[Pair] = (),
) -> Forecast:
    """Predict the errors, from measured differences where the stimuli have them.

    Args:
        plan: its votes are spread evenly over its pairs.
        target: E or C.
        blocks: the stimuli by their keys; nothing where there are none yet.
        spreads: term → assumed standard deviation of its differences.
        correlation: of the differences in any two terms, 0 ≤ correlation < 1; assumed as well.
        asked: the pair of every vote, where a study's own design has chosen them; otherwise the
            default design does, and every pair has equally many votes.

    """
    believed = coefficients_of(target)
    beta = np.array(list(believed.values()))
    pairs, problem = 0, ""
    if blocks:
        chosen = Counter(asked or _balanced(blocks, plan.pairs))
        differences, votes = _differences(chosen, target, list(believed))
        pairs = len(chosen)
        if len(differences):
            votes *= plan.votes / votes.sum()
            try:
                errors = standard_errors(differences, votes, beta)
                found = np.sqrt(np.average(differences**2, axis=0, weights=votes))
                return Forecast(_rows(believed, found, errors), pairs, len(differences))
            except InputError as error:
                problem = str(error)
    sizes = np.array([spreads[term] for term in believed])
    mixed = np.where(np.eye(len(sizes), dtype=bool), 1, correlation)
    errors = expected_errors(plan.votes, beta, np.outer(sizes, sizes) * mixed)
    return Forecast(_rows(believed, sizes, errors), pairs, problem=problem)


def _rows(believed: Mapping[str, float], spreads: Floats, errors: Floats) -> list[Estimate]:
    return [
        Estimate(term, value, float(spread), float(error))
        for (term, value), spread, error in zip(believed.items(), spreads, errors, strict=True)
    ]


def _balanced(blocks: Sequence[Block], wanted: int) -> list[Pair]:
    return DESIGNS["balanced"].pairs(blocks, wanted, 1, np.random.default_rng(0))


def _differences(
    chosen: Mapping[Pair, int], target: str, terms: Sequence[str]
) -> tuple[Floats, Floats]:
    """The differences of those pairs that are measured, (P, K), and the votes on each, (P,)."""
    statistics = import_string(settings.STUDY_STATISTICS)
    known = statistics({key for pair in chosen for key in pair}, target)
    values = [known.get(term, {}) for term in terms]
    rows = [[of.get(one, math.nan) - of.get(two, math.nan) for of in values] for one, two in chosen]
    differences = np.array(rows, dtype=float).reshape(len(rows), len(terms))
    measured = np.isfinite(differences).all(axis=1)
    return differences[measured], np.array(list(chosen.values()), dtype=float)[measured]
