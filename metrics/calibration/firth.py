"""Firth's penalised logistic regression: finite estimates where maximum likelihood has none.

Firth 1993 (Biometrika 80), Heinze & Schemper 2002: the likelihood times Jeffreys' prior |I|^½.
Ties enter as ½, which penalised-likelihood packages for binary outcomes do not take.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from transfer.errors import InputError

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


def firth(differences: Floats, preferred: Floats, limit: int = 1000) -> Penalised:
    """Fit preferred (N,) in [0, 1] on differences (N, K), no intercept.

    Raises InputError when it does not converge.
    """
    scale = np.abs(differences).max(axis=0)
    x = differences / scale
    beta = np.zeros(x.shape[1])
    current = _penalised(x, preferred, beta)
    for _ in range(limit):
        score, bread = _scores(x, preferred, beta)
        gradient = score.sum(axis=0)
        step = bread @ gradient
        step *= min(1.0, 5.0 / max(float(np.abs(step).sum()), 1e-300))
        if np.abs(step).max() < 1e-12:
            break
        for _ in range(40):  # halve until the penalised likelihood does not fall
            value = _penalised(x, preferred, beta + step)
            if value >= current - 1e-12 * abs(current):
                break
            step *= 0.5
        beta, current = beta + step, value
        if np.abs(step).max() < 1e-11:
            break
    else:
        raise InputError("Firth's fit did not converge: use fewer terms or collect more votes")
    score, bread = _scores(x, preferred, beta)
    eta = x @ beta
    return Penalised(
        beta / scale, bread / np.outer(scale, scale), score * scale, log_likelihood(eta, preferred)
    )


def _penalised(x: Floats, preferred: Floats, beta: Floats) -> float:
    eta = x @ beta
    spread = 0.25 / np.cosh(0.5 * np.clip(eta, -600, 600)) ** 2
    sign, logarithm = np.linalg.slogdet(x.T @ (spread[:, None] * x))
    return log_likelihood(eta, preferred) + 0.5 * float(logarithm) if sign > 0 else -np.inf


def _scores(x: Floats, preferred: Floats, beta: Floats) -> tuple[Floats, Floats]:
    """Penalised score of each vote, (y − p + h(½ − p))·x with h the leverage, and the bread."""
    p = 0.5 * (1 + np.tanh(0.5 * (x @ beta)))
    spread = p * (1 - p)
    bread = np.asarray(np.linalg.inv(x.T @ (spread[:, None] * x)), dtype=np.float64)
    leverage = spread * np.einsum("nk,kl,nl->n", x, bread, x)
    return (preferred - p + leverage * (0.5 - p))[:, None] * x, bread
