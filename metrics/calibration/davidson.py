"""Davidson's model of paired comparisons with ties (Davidson 1970, JASA 65).

With d = β·(x_left − x_right) and tie parameter ν: P(left) : P(tie) : P(right) =
exp(d/2) : ν : exp(−d/2). Given that there is no tie, the odds of left are exp(d), as without ties.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from common.errors import InputError

from .data import Floats

NO_ANSWER = "Davidson's fit did not converge: use --ties half, fewer terms, or more votes"


@dataclass(frozen=True)
class Tied:
    """coefficients (K,); tie = ln ν; bread (K+1, K+1) and scores (N, K+1), ln ν last.

    roots: (2, N, K+1), each vote's share of the information, Σ_r roots[r, n] roots[r, n]ᵀ.
    """

    coefficients: Floats
    tie: float
    bread: Floats
    scores: Floats
    roots: Floats
    log_likelihood: float


def davidson(
    differences: Floats, preferred: Floats, *, start: Floats | None = None, limit: int = 200
) -> Tied:
    """Fit preferred (N,) of 1, ½ (tie) and 0 on differences (N, K), from `start` (K+1,) or 0.

    Raises InputError without any tie or without any choice (ln ν would be infinite), and when the
    fit does not converge.
    """
    tied = (preferred == 0.5).astype(np.float64)
    if not 0 < tied.sum() < len(tied):
        raise InputError("Davidson's model needs some ties and some choices: use --ties drop")
    scale = np.abs(differences).max(axis=0)
    # Each outcome's log weight is linear: left (d/2, 0), tie (0, ln ν), right (−d/2, 0).
    half = 0.5 * differences / scale
    beta = np.zeros(half.shape[1] + 1) if start is None else start * np.append(scale, 1.0)
    current = _likelihood(half, preferred, tied, beta)
    for _ in range(limit):
        scores, information = _derivatives(half, preferred, tied, beta)
        if np.linalg.cond(information) > 1e13:
            raise InputError(NO_ANSWER)  # the estimate diverges
        step = np.linalg.solve(information, scores.sum(axis=0))
        for _ in range(40):
            value = _likelihood(half, preferred, tied, beta + step)
            if value >= current - 1e-12 * abs(current):
                break
            step *= 0.5
        beta, current = beta + step, value
        if np.abs(step).max() <= 1e-10 * (1 + np.abs(beta).max()):
            break
    else:
        raise InputError(NO_ANSWER)
    scores, information = _derivatives(half, preferred, tied, beta)
    full = np.append(scale, 1.0)
    return Tied(
        coefficients=beta[:-1] / scale,
        tie=float(beta[-1]),
        bread=np.linalg.inv(information) / np.outer(full, full),
        scores=scores * full,
        roots=_roots(half, beta) * full,
        log_likelihood=current,
    )


def expected(eta: Floats, tie: float) -> Floats:
    """P(left) + ½ P(tie) (N,) for log odds eta (N,) of left against right and tie = ln ν."""
    left, tied, _, _ = _chances(0.5 * eta[:, None], np.array([1.0, tie]))
    return np.asarray(left + 0.5 * tied)


def _chances(half: Floats, beta: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """P(left), P(tie), P(right) (N,), and the logarithm of their weights' sum."""
    d = half @ beta[:-1]
    total = np.logaddexp(np.logaddexp(d, -d), beta[-1])
    return np.exp(d - total), np.exp(beta[-1] - total), np.exp(-d - total), total


def _likelihood(half: Floats, preferred: Floats, tied: Floats, beta: Floats) -> float:
    _, _, _, total = _chances(half, beta)
    side = 2 * preferred - 1  # 1, 0, −1
    return float((side * (half @ beta[:-1]) + tied * beta[-1] - total).sum())


def _derivatives(
    half: Floats, preferred: Floats, tied: Floats, beta: Floats
) -> tuple[Floats, Floats]:
    left, tie, right, _ = _chances(half, beta)
    lean = left - right
    scores = np.column_stack([((2 * preferred - 1) - lean)[:, None] * half, tied - tie])
    side_side, tie_tie, side_tie = _covariance(left, tie, right)
    terms = half.shape[1]
    information = np.empty((terms + 1, terms + 1))
    information[:terms, :terms] = half.T @ (side_side[:, None] * half)
    information[:terms, terms] = information[terms, :terms] = half.T @ side_tie
    information[terms, terms] = tie_tie.sum()
    return scores, information


def _covariance(left: Floats, tie: Floats, right: Floats) -> tuple[Floats, Floats, Floats]:
    """Variances of side (1, 0, −1) and of tied (0, 1), and their covariance, for each vote (N,)."""
    lean = left - right
    return left + right - lean**2, tie * (1 - tie), -lean * tie


def _roots(half: Floats, beta: Floats) -> Floats:
    """Roots (2, N, K+1) of the information: the Cholesky factor of the covariance of (side, tied)
    of each vote, multiplied by the derivatives of the log odds.
    """
    left, tie, right, _ = _chances(half, beta)
    side_side, tie_tie, side_tie = _covariance(left, tie, right)
    first = np.sqrt(np.maximum(side_side, 1e-300))
    second = np.sqrt(np.maximum(tie_tie - (side_tie / first) ** 2, 0.0))
    return np.stack(
        [
            np.column_stack([first[:, None] * half, side_tie / first]),
            np.column_stack([np.zeros_like(half), second]),
        ]
    )
