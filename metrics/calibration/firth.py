"""Firth's penalised logistic regression: finite estimates where maximum likelihood has none.

Firth 1993 (Biometrika 80), Heinze & Schemper 2002: the likelihood times Jeffreys' prior |I|^½.
Ties enter as ½. firthmodels gives the same estimates; this fit is kept because the bootstrap is
faster with a start (benchmarks/calibration.py), and because profiles fix a coefficient.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from common.errors import InputError

from .data import Floats
from .goodness import log_likelihood


@dataclass(frozen=True)
class Penalised:
    """coefficients (K,); bread (K, K), the inverse information; scores (N, K), which sum to 0."""

    coefficients: Floats
    bread: Floats
    scores: Floats
    log_likelihood: float
    """Without the penalty."""
    penalised: float
    """Log-likelihood with the penalty, which the estimate maximises."""


def firth(
    differences: Floats,
    preferred: Floats,
    *,
    start: Floats | None = None,
    held: int | None = None,
    limit: int = 1000,
    tolerance: float = 1e-10,
) -> Penalised:
    """Fit preferred (N,) in [0, 1] on differences (N, K), no intercept, from `start` (K,) or 0.

    held: index of a coefficient that is fixed at its start (a point of its profile). The fit ends
    with a step of at most `tolerance` of the largest coefficient (of scaled terms).

    Raises InputError when it does not converge.
    """
    scale = np.abs(differences).max(axis=0)
    x = differences / scale
    beta = np.zeros(x.shape[1]) if start is None else start * scale
    current, score, bread = _state(x, preferred, beta)
    if not np.isfinite(current):
        raise InputError("the terms depend on each other linearly in these votes: leave one out")
    for _ in range(limit):
        gradient = score.sum(axis=0)
        step = _scoring_step(bread, gradient, held)
        # Steps may double the estimate, which reaches thousands with thousands of separated votes.
        longest = max(5.0, float(np.abs(beta).sum()))
        step *= min(1.0, longest / max(float(np.abs(step).sum()), 1e-300))
        slope = float(gradient @ step)
        for _ in range(40):
            value, score, bread = _state(x, preferred, beta + step)
            # The step ignores the penalty's curvature, so it may overshoot the maximum: halve it if
            # the likelihood falls, or if the slope at its end is opposite and at least half as
            # steep.
            behind = float(score.sum(axis=0) @ step) < -0.5 * slope
            if value >= current - 1e-12 * abs(current) and not behind:
                break
            step *= 0.5
            slope *= 0.5
        beta, current = beta + step, value
        if np.abs(step).max() <= tolerance * (1 + np.abs(beta).max()):
            break
    else:
        raise InputError("Firth's fit did not converge: use fewer terms or collect more votes")
    eta = x @ beta
    return Penalised(
        beta / scale,
        bread / np.outer(scale, scale),
        score * scale,
        log_likelihood(eta, preferred),
        current,
    )


def _scoring_step(bread: Floats, gradient: Floats, held: int | None) -> Floats:
    """Fisher's scoring step (K,), 0 for the coefficient that is held."""
    if held is None:
        return np.asarray(bread @ gradient)
    inverse = bread - np.outer(bread[:, held], bread[held]) / max(bread[held, held], 1e-300)
    step = np.asarray(inverse @ gradient)
    step[held] = 0.0
    return step


def _state(x: Floats, preferred: Floats, beta: Floats) -> tuple[float, Floats, Floats]:
    """Penalised likelihood, each vote's penalised score, and the bread.

    A vote's score is (y − p + h(½ − p))·x, with h the leverage. Where the information is singular
    in floating point the likelihood is −∞, and scores and bread are 0.
    """
    eta = x @ beta
    p = 0.5 * (1 + np.tanh(0.5 * eta))
    spread = 0.25 / np.cosh(0.5 * np.clip(eta, -600, 600)) ** 2
    information = x.T @ (spread[:, None] * x)
    sign, logarithm = np.linalg.slogdet(information)
    if sign <= 0:
        return -np.inf, np.zeros_like(x), np.zeros_like(information)
    bread = np.asarray(np.linalg.inv(information), dtype=np.float64)
    leverage = spread * ((x @ bread) * x).sum(axis=1)
    scores = (preferred - p + leverage * (0.5 - p))[:, None] * x
    return log_likelihood(eta, preferred) + 0.5 * float(logarithm), scores, bread
