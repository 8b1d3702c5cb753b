"""Rank correlations of statistics with Bradley-Terry abilities, within each reference.

Votes compare stimuli of one reference, so abilities are comparable within it only: Spearman's ρ and
Kendall's τ-b are computed for each reference, or each part of it that votes connect, and averaged.
Abilities from few votes are noisy, which lowers every correlation by about the same factor: compare
statistics with each other, not with 1.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components
from scipy.stats import kendalltau, rankdata

from metrics.calibration.data import Codes, Floats
from metrics.calibration.intervals import LEVEL, t_quantile
from metrics.calibration.referee.panel import Panel

FEWEST_STIMULI = 4
"""A reference with fewer compared stimuli has too few orders to tell a good one from chance."""
FEWEST_REFERENCES = 5
PRIOR = 3.0
"""Deviation of the normal prior of abilities, in log odds: so wide that it matters for stimuli that
always or never won only, whose most likely abilities are infinite. Our choice."""


@dataclass(frozen=True)
class Unit:
    """Stimuli of one reference that votes connect: codes (M,), and their abilities (M,)."""

    stimuli: Codes
    ability: Floats


@dataclass(frozen=True)
class Correlation:
    """The mean over references, its interval, and how many references it comes from."""

    mean: float
    interval: tuple[float, float] | None
    references: int


def units(panel: Panel, target: str) -> tuple[list[Unit], str]:
    """The units of a panel with at least FEWEST_STIMULI stimuli, and what a reference is.

    Votes between stimuli of different references are left out.
    """
    reference, what = panel.references(target)
    same = reference[panel.left] == reference[panel.right]
    left, right, preferred = panel.left[same], panel.right[same], panel.preferred[same]
    many = len(panel.stimuli)
    wins = csr_array(
        (
            np.concatenate([preferred, 1 - preferred]),
            (np.concatenate([left, right]), np.concatenate([right, left])),
        ),
        shape=(many, many),
    )
    _, part = connected_components(wins + wins.T, directed=False)
    sizes = np.bincount(part)
    found = []
    for number in np.flatnonzero(sizes >= FEWEST_STIMULI):
        members = np.flatnonzero(part == number)
        found.append(Unit(members, bradley_terry(wins[members][:, members].toarray())))
    return found, what


def bradley_terry(wins: Floats, prior: float = PRIOR, tolerance: float = 1e-9) -> Floats:
    """Abilities (M,), log odds with sum 0, from how often (M, M) row beat column, a tie ½ for each.

    The mode under a normal prior of deviation `prior` for each ability (Bradley & Terry 1952 for
    the likelihood), by Newton's method with halved steps.
    """
    many, total = len(wins), wins + wins.T
    ability = np.zeros(many)

    def objective(at: Floats) -> float:
        gap = at[:, None] - at[None, :]
        return float((wins * -np.logaddexp(0.0, -gap)).sum() - 0.5 * (at**2).sum() / prior**2)

    current = objective(ability)
    for _ in range(100):
        chance = 0.5 * (1 + np.tanh(0.5 * (ability[:, None] - ability[None, :])))
        gradient = (wins - total * chance).sum(axis=1) - ability / prior**2
        spread = total * chance * (1 - chance)
        hessian = np.diag(spread.sum(axis=1) + 1 / prior**2) - spread
        step = np.linalg.solve(hessian, gradient)
        while (value := objective(ability + step)) < current - 1e-12 * abs(current):
            step = step / 2
        ability, current = ability + step, value
        if np.abs(step).max() < tolerance:
            break
    return np.asarray(ability - ability.mean())


def spearman(one: Floats, other: Floats) -> float:
    """Spearman's ρ with mean ranks for ties; NaN where one side does not vary."""
    first, second = rankdata(one), rankdata(other)
    if np.ptp(first) == 0 or np.ptp(second) == 0:
        return float("nan")
    return float(np.corrcoef(first, second)[0, 1])


def kendall(one: Floats, other: Floats) -> float:
    """Kendall's τ-b; NaN where one side does not vary."""
    if np.ptp(one) == 0 or np.ptp(other) == 0:
        return float("nan")
    return float(kendalltau(one, other).statistic)


def within_references(several: list[Unit], score: Floats) -> dict[str, Correlation] | str:
    """Mean Spearman and Kendall of scores (S,) with the abilities of units, or why there is none.

    A stimulus without a score is left out of its unit. The interval is Student's t over units, from
    FEWEST_REFERENCES of them on.
    """
    found: dict[str, list[float]] = {"spearman": [], "kendall": []}
    for unit in several:
        there = np.isfinite(score[unit.stimuli])
        if there.sum() < FEWEST_STIMULI:
            continue
        scores, ability = score[unit.stimuli][there], unit.ability[there]
        found["spearman"].append(spearman(scores, ability))
        found["kendall"].append(kendall(scores, ability))
    answers = {}
    for name, values in found.items():
        known = np.array([value for value in values if np.isfinite(value)])
        if not len(known):
            if not several:
                return (
                    f"no reference has {FEWEST_STIMULI} stimuli that votes connect with each other"
                )
            return "the statistic does not vary within any reference"
        answers[name] = Correlation(float(known.mean()), _interval(known), len(known))
    return answers


def _interval(values: Floats) -> tuple[float, float] | None:
    many = len(values)
    if many < FEWEST_REFERENCES or np.ptp(values) == 0:
        return None
    width = t_quantile(many - 1, LEVEL) * float(values.std(ddof=1)) / np.sqrt(many)
    mean = float(values.mean())
    return max(-1.0, mean - width), min(1.0, mean + width)
