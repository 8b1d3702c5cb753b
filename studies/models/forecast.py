"""What a study of some stimuli would find out: the planner's numbers for rows of the database."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from django.conf import settings
from django.utils.module_loading import import_string

from studies.design import DESIGNS
from studies.planner import expected_errors, standard_errors
from transfer.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from studies.design import Block
    from studies.planner import Floats, Plan


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
) -> Forecast:
    """Predict the errors, from measured differences where the stimuli have them.

    Args:
        plan: its votes are spread evenly over its pairs.
        target: E or C.
        blocks: the stimuli by their keys; nothing where there are none yet.
        spreads: term → assumed standard deviation of its differences.
        correlation: of the differences in any two terms, 0 ≤ correlation < 1; assumed as well.

    """
    believed = coefficients_of(target)
    beta = np.array(list(believed.values()))
    pairs, problem = 0, ""
    if blocks:
        differences, pairs = _differences(blocks, plan.pairs, target, list(believed))
        if len(differences):
            votes = np.full(len(differences), plan.votes / len(differences))
            try:
                errors = standard_errors(differences, votes, beta)
                found = np.sqrt((differences**2).mean(axis=0))
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


def _differences(
    blocks: Sequence[Block], wanted: int, target: str, terms: Sequence[str]
) -> tuple[Floats, int]:
    """The differences of those pairs that are measured, (P, K), and how many pairs there are."""
    generator = np.random.default_rng(0)
    pairs = DESIGNS["balanced"].pairs(blocks, wanted, 1, generator)
    statistics = import_string(settings.STUDY_STATISTICS)
    known = statistics({key for pair in pairs for key in pair}, target)
    values = [known.get(term, {}) for term in terms]
    rows = [[of.get(one, math.nan) - of.get(two, math.nan) for of in values] for one, two in pairs]
    differences = np.array(rows, dtype=float).reshape(len(rows), len(terms))
    return differences[np.isfinite(differences).all(axis=1)], len(pairs)
