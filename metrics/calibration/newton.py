"""Many no-intercept logistic regressions at once: batched, weighted Newton (IRLS).

Model selection and the bootstrap fit one data set thousands of times, with other weights or fewer
terms. Here all these fits take their Newton steps together, so that the work consists of a few
large matrix products. A published fit is made by statsmodels (fit.py); tests compare the two.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from .data import Codes, Floats

_BLOCK = 512
"""Votes computed at once: a block of 512 votes × 64 fits fits into the processor's cache."""
_FITS = 64
_THREADS = min(4, os.cpu_count() or 1)


@dataclass(frozen=True)
class Batch:
    """coefficients: (B, K), 0 where masked; converged: (B,)."""

    coefficients: Floats
    converged: npt.NDArray[np.bool_]


def fit_batch(
    differences: Floats,
    preferred: Floats,
    *,
    groups: Codes | None = None,
    weights: Floats | None = None,
    masks: npt.NDArray[np.bool_] | None = None,
    start: Floats | None = None,
    tolerance: float = 1e-5,
) -> Batch:
    """Fit B weighted logistic regressions of preferred (N,) in [0, 1] on differences (N, K).

    weights: (B, G), the weight of each group's votes in each fit; groups: (N,) codes 0 … G−1.
    masks: (B, K), the terms of each fit. start: (K,), of all fits (default 0). A fit has converged
    when its last step changed no vote's log odds by more than about `tolerance`; the error of
    Newton's method is then near the square of that. A fit that diverges (separation) has not
    converged.
    """
    count, terms = differences.shape
    fits = max(len(array) for array in (weights, masks, [0]) if array is not None)
    groups = np.zeros(count, dtype=np.intp) if groups is None else groups
    weights = np.ones((fits, int(groups.max()) + 1)) if weights is None else weights
    masks = np.ones((fits, terms), dtype=bool) if masks is None else masks
    problem = _Problem(differences, preferred, groups)
    begin = problem.begin(np.zeros(terms) if start is None else start, weights.shape[1])

    def chunk(first: int) -> Batch:
        part = slice(first, first + _FITS)
        return problem.solve(weights[part], masks[part], begin, tolerance)

    firsts = range(0, fits, _FITS)
    if len(firsts) == 1:
        return chunk(0)
    with threadpool_limits(1, user_api="blas"), ThreadPoolExecutor(_THREADS) as pool:
        parts = list(pool.map(chunk, firsts))
    return Batch(
        np.concatenate([part.coefficients for part in parts]),
        np.concatenate([part.converged for part in parts]),
    )


@dataclass(frozen=True)
class _Start:
    """A shared start (K,), with each group's derivatives there, which the first step reuses."""

    beta: Floats
    gradient: Floats
    packed: Floats


class _Problem:
    """The data of all fits, scaled so that the largest difference of each term is 1."""

    def __init__(self, differences: Floats, preferred: Floats, groups: Codes) -> None:
        self.scale = np.abs(differences).max(axis=0, initial=0.0)
        self.scale[self.scale == 0] = 1.0
        self.x, self.lean, self.groups = differences / self.scale, preferred - 0.5, groups
        if (groups[1:] < groups[:-1]).any():
            order = np.argsort(groups, kind="stable")
            self.x, self.lean, self.groups = self.x[order], self.lean[order], groups[order]
        self.upper = np.triu_indices(self.x.shape[1])
        self.products = 0.25 * self.x[:, self.upper[0]] * self.x[:, self.upper[1]]

    def begin(self, start: Floats, groups: int) -> _Start:
        beta = start * self.scale
        t = np.tanh(0.5 * (self.x @ beta))
        gradient, packed = np.zeros((groups, len(beta))), np.zeros((groups, len(self.upper[0])))
        present, firsts = np.unique(self.groups, return_index=True)
        gradient[present] = np.add.reduceat((self.lean - 0.5 * t)[:, None] * self.x, firsts)
        packed[present] = np.add.reduceat((1 - t * t)[:, None] * self.products, firsts)
        return _Start(beta, gradient, packed)

    def solve(
        self, weights: Floats, masks: npt.NDArray[np.bool_], begin: _Start, tolerance: float
    ) -> Batch:
        """Newton steps; fits that diverge with full steps are restarted with damped ones."""
        beta = np.where(masks, begin.beta, 0.0)
        if (masks | (begin.beta == 0)).all():
            gradient, packed = weights @ begin.gradient, weights @ begin.packed
            beta += _newton_step(gradient, self._unpack(packed), masks)
        converged = self._descend(beta, weights, masks, tolerance, 12, damped=False)
        lost = np.flatnonzero(~converged)
        if len(lost):
            again = np.zeros((len(lost), beta.shape[1]))
            converged[lost] = self._descend(
                again, weights[lost], masks[lost], tolerance, 60, damped=True
            )
            beta[lost] = again
        return Batch(beta / self.scale, converged)

    def _descend(
        self,
        beta: Floats,
        weights: Floats,
        masks: npt.NDArray[np.bool_],
        tolerance: float,
        limit: int,
        *,
        damped: bool,
    ) -> npt.NDArray[np.bool_]:
        """Improve `beta` (B, K) in place; return whether each fit converged."""
        converged = np.zeros(len(beta), dtype=bool)
        active = np.flatnonzero(np.isfinite(beta).all(axis=1))
        for _ in range(limit):
            if not len(active):
                break
            gradient, hessian = self._derivatives(beta[active], weights[active])
            step = _newton_step(gradient, hessian, masks[active])
            if damped:  # by ln(1+d)/d every step descends, d the largest change of log odds
                size = np.abs(step).sum(axis=1, keepdims=True)
                step *= np.log1p(size) / np.maximum(size, 1e-300)
            beta[active] += step
            done = np.abs(step).max(axis=1) <= tolerance
            sane = np.abs(beta[active]).max(axis=1) < 1e4  # false for NaN, too
            converged[active[done & sane]] = True
            active = active[~done & sane]
        return converged

    def _derivatives(self, beta: Floats, weights: Floats) -> tuple[Floats, Floats]:
        """Gradient (B, K) and Hessian (B, K, K) of the log-likelihood, up to the latter's sign."""
        gradient = np.zeros_like(beta)
        packed = np.zeros((len(beta), len(self.upper[0])))
        half = 0.5 * beta
        for first in range(0, len(self.x), _BLOCK):
            block = slice(first, first + _BLOCK)
            # p = (1 + tanh(η/2)) / 2: never overflows, and p(1 − p) = (1 − tanh²) / 4.
            t = half @ self.x[block].T
            np.tanh(t, out=t)
            weight = weights[:, self.groups[block]]
            residual = t * -0.5
            residual += self.lean[block]
            residual *= weight
            gradient += residual @ self.x[block]
            t *= t
            np.subtract(1.0, t, out=t)
            t *= weight
            packed += t @ self.products[block]
        return gradient, self._unpack(packed)

    def _unpack(self, packed: Floats) -> Floats:
        hessian = np.zeros((len(packed), self.x.shape[1], self.x.shape[1]))
        hessian[:, self.upper[0], self.upper[1]] = packed
        hessian[:, self.upper[1], self.upper[0]] = packed
        return hessian


def _newton_step(gradient: Floats, hessian: Floats, masks: npt.NDArray[np.bool_]) -> Floats:
    """Solve for the step, which is 0 for masked terms. A singular Hessian gives a huge step."""
    terms = masks.shape[1]
    both = masks[:, :, None] & masks[:, None, :]
    hessian = np.where(both, hessian, 0.0)
    diagonal = np.arange(terms)
    hessian[:, diagonal, diagonal] += np.where(masks, 1e-300, 1.0)
    gradient = np.where(masks, gradient, 0.0)
    try:
        return np.asarray(np.linalg.solve(hessian, gradient[:, :, None])[:, :, 0])
    except np.linalg.LinAlgError:
        return np.stack([_single_step(h, g) for h, g in zip(hessian, gradient, strict=True)])


def _single_step(hessian: Floats, gradient: Floats) -> Floats:
    try:
        return np.asarray(np.linalg.solve(hessian, gradient))
    except np.linalg.LinAlgError:
        return np.full(len(gradient), np.nan)
