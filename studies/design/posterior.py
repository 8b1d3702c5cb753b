"""Gaussian posterior of the qualities of stimuli, given votes, under Thurstone's model.

Thurstone, A law of comparative judgment, 1927, case V: P(i over j) = Φ(q_i − q_j), where the unit
of quality is the standard deviation of the noise of a difference.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.linalg import cho_factor, cho_solve
from scipy.special import log_ndtr

from studies.design.blocks import Block
from studies.design.rule import Wins

Floats = npt.NDArray[np.float64]

PRIOR_VARIANCE = 0.5
"""Of a quality before any vote, in units of the noise's variance: the value of ASAP's authors
(github.com/gfxdisp/asap, ASAP-approx/ts_offline.m, `pv`)."""
_LOG_ROOT = np.log(2 * np.pi) / 2
_STEPS = 50
_CLOSE = 1e-9


@dataclass(frozen=True)
class Posterior:
    """mean: (n,); covariance: (n, n), of the qualities of a block in its order."""

    mean: Floats
    covariance: Floats


def posterior(block: Block, wins: Wins, prior_variance: float = PRIOR_VARIANCE) -> Posterior:
    """Laplace's approximation: a Gaussian at the most probable qualities, with their curvature.

    The log-posterior is concave (Φ is log-concave, the prior is Gaussian), so Newton's method finds
    its only maximum; a step that lowers it is halved.
    """
    size = len(block)
    if not (games := _games(block, wins)):
        return Posterior(np.zeros(size), prior_variance * np.eye(size))
    won, lost, weight = (np.array(column) for column in zip(*games, strict=True))
    precision = np.eye(size) / prior_variance

    def objective(quality: Floats) -> float:
        likelihood = weight @ log_ndtr(quality[won] - quality[lost])
        return float(likelihood - quality @ quality / (2 * prior_variance))

    quality = np.zeros(size)
    for _ in range(_STEPS):
        slope, curvature = _derivatives(quality[won] - quality[lost])
        gradient = -quality / prior_variance
        np.add.at(gradient, won, weight * slope)
        np.add.at(gradient, lost, -weight * slope)
        factor = cho_factor(precision + _laplacian(size, won, lost, weight * curvature))
        step = cho_solve(factor, gradient)
        if np.abs(step).max() < _CLOSE:
            break
        here, scale = objective(quality), 1.0
        while objective(quality + scale * step) < here and scale > _CLOSE:
            scale /= 2
        quality = quality + scale * step
    return Posterior(quality, cho_solve(factor, np.eye(size)))


def _games(block: Block, wins: Wins) -> list[tuple[int, int, float]]:
    """(winner, loser, number of votes), by positions in the block."""
    place = {key: number for number, key in enumerate(block)}
    games = []
    for (one, two), (for_one, for_two) in wins.items():
        if one in place and two in place:
            i, j = place[one], place[two]
            games += [(i, j, for_one), (j, i, for_two)]
    return [game for game in games if game[2] > 0]


def _derivatives(difference: Floats) -> tuple[Floats, Floats]:
    """First derivative of log Φ, and the negative of the second."""
    slope = np.exp(-(difference**2) / 2 - _LOG_ROOT - log_ndtr(difference))
    return slope, slope * (slope + difference)


def _laplacian(
    size: int, one: npt.NDArray[np.intp], two: npt.NDArray[np.intp], weight: Floats
) -> Floats:
    """Σ weight (e_one − e_two)(e_one − e_two)ᵀ."""
    matrix = np.zeros((size, size))
    np.add.at(matrix, (one, one), weight)
    np.add.at(matrix, (two, two), weight)
    np.add.at(matrix, (one, two), -weight)
    np.add.at(matrix, (two, one), -weight)
    return matrix
