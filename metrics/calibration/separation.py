"""Separation: terms whose maximum-likelihood coefficient is infinite.

A direction δ separates if no vote contradicts it, s·(x_left − x_right)·δ ≥ 0 with s = ±1 for the
preferred side, and at least one vote agrees strictly: the likelihood then has no maximum along δ.
Found by a linear program (Konis 2007, "Linear programming algorithms for detecting separated data
in binary logistic regression models"), which asks here for the largest set of separated votes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import linprog
from scipy.sparse import csr_array, eye_array, hstack

from common.errors import InputError

from .data import Comparisons, Floats
from .newton import fit_batch

LARGEST = 1e100
"""Larger differences, or smaller ones than 1 / LARGEST, have variances out of floating range."""


@dataclass(frozen=True)
class Separation:
    """direction: (K,), 0 for terms with a finite estimate. votes: (N,) the separated ones.

    estimate: (K,), the maximum-likelihood estimate, if the search found it.
    """

    direction: Floats
    votes: npt.NDArray[np.bool_]
    estimate: Floats | None = None

    @property
    def found(self) -> bool:
        """Whether any coefficient is infinite."""
        return bool(self.votes.any())


def separation(comparisons: Comparisons) -> Separation:
    """Find the separated votes and terms of binary preferences (a tie contradicts both sides).

    Raises InputError if the differences are collinear: the coefficients are then not unique.
    """
    differences, preferred = comparisons.differences, comparisons.preferred
    check_rank(comparisons)
    count, terms = differences.shape
    estimate = _finite_estimate(differences, preferred)
    if estimate is not None:
        return Separation(np.zeros(terms), np.zeros(count, dtype=bool), estimate)
    scale = np.abs(differences).max(axis=0)
    signed = (2 * preferred - 1)[:, None] * differences / scale
    tied = preferred == 0.5
    # Ties require x·δ = 0; equal rows enter the program once.
    rows, where = np.unique(signed[~tied], axis=0, return_inverse=True)
    equal = np.unique(differences[tied] / scale, axis=0)
    direction, separated = _most_separated(rows, equal)
    votes = np.zeros(count, dtype=bool)
    votes[~tied] = separated[where.ravel()]
    if not votes.any():
        return Separation(np.zeros(terms), votes)
    lean = np.where(np.abs(direction) > 1e-9, direction, rows.sum(axis=0))
    infinite = _free(differences[~votes] / scale)
    return Separation(np.where(infinite, np.where(lean < 0, -1.0, 1.0), 0.0), votes)


def tie_separation(comparisons: Comparisons) -> bool:
    """Whether Davidson's model of these votes has no finite estimate.

    It has none if along a direction (δ, τ) of coefficients and ln ν no chosen outcome loses against
    another one: with d = x·δ the log weights are d/2 (left), τ (tie) and −d/2 (right).
    """
    scale = np.abs(comparisons.differences).max(axis=0)
    side = (2 * comparisons.preferred - 1)[:, None]
    half, tied = 0.5 * comparisons.differences / scale, comparisons.preferred == 0.5
    chosen, same = (half * side)[~tied], half[tied]
    rows = np.vstack(
        [
            np.column_stack([2 * chosen, np.zeros(len(chosen))]),
            np.column_stack([chosen, -np.ones(len(chosen))]),
            np.column_stack([same, np.ones(len(same))]),
            np.column_stack([-same, np.ones(len(same))]),
        ]
    )
    _, separated = _most_separated(np.unique(rows, axis=0), np.empty((0, rows.shape[1])))
    return bool(separated.any())


def _most_separated(rows: Floats, equal: Floats) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """Find δ (K,) with rows·δ ≥ 0 and equal·δ = 0 that makes most rows (M,) strictly positive.

    max Σt, 0 ≤ t ≤ 1, rows·δ ≥ t: δ is free, so every separable row reaches t = 1.
    """
    many, terms = rows.shape
    answer = linprog(
        np.concatenate([np.zeros(terms), -np.ones(many)]),
        A_ub=hstack([csr_array(-rows), eye_array(many)], format="csr"),
        b_ub=np.zeros(many),
        A_eq=np.hstack([equal, np.zeros((len(equal), many))]) if len(equal) else None,
        b_eq=np.zeros(len(equal)) if len(equal) else None,
        bounds=[(None, None)] * terms + [(0.0, 1.0)] * many,
        method="highs",
    )
    if answer.status != 0 or answer.x is None:
        raise RuntimeError(f"the separation program did not end: {answer.message}")
    return answer.x[:terms], answer.x[terms:] > 0.5


def _finite_estimate(differences: Floats, preferred: Floats) -> Floats | None:
    """A finite estimate (K,) that proves that no vote is separated; None if there is no proof.

    At an optimum the gradient vanishes. With q_i the probability of the side not taken, along a
    separating unit δ it would be Σ q_i |x_i·δ| ≥ Σ q_i (x_i·δ)² / max‖x‖ ≥ λ_min(Xᵀ diag(q) X) /
    max‖x‖. A gradient far smaller than that proves that there is no such δ.
    """
    scale = np.abs(differences).max(axis=0)
    x = differences / scale
    fit = fit_batch(x, preferred)
    if not fit.converged[0]:
        return None
    probability = 0.5 * (1 + np.tanh(0.5 * (x @ fit.coefficients[0])))
    gradient = x.T @ (preferred - probability)
    untaken = np.abs(preferred - probability)
    least = np.linalg.eigvalsh(x.T @ (untaken[:, None] * x))[0]
    longest = np.sqrt((x * x).sum(axis=1).max())
    if np.linalg.norm(gradient) < 1e-2 * least / longest:
        return np.asarray(fit.coefficients[0] / scale)
    return None


def check_rank(comparisons: Comparisons) -> None:
    """Raise InputError for a term that never differs, or that depends linearly on others."""
    largest = np.abs(comparisons.differences).max(axis=0)
    flat = [term for term, value in zip(comparisons.terms, largest, strict=True) if value == 0]
    if flat:
        raise InputError(
            f"{', '.join(flat)} never differs between the two stimuli of a vote: leave it out"
        )
    extreme = [
        term
        for term, value in zip(comparisons.terms, largest, strict=True)
        if not 1 / LARGEST <= value <= LARGEST
    ]
    if extreme:
        raise InputError(
            f"{', '.join(extreme)} differs by more than {LARGEST:g} or less than {1 / LARGEST:g} "
            "between stimuli: use another unit"
        )
    if rank_of(comparisons.differences / largest) < len(largest):
        raise InputError(
            f"the differences of {', '.join(comparisons.terms)} depend on each other linearly "
            f"in these {comparisons.votes} votes: leave a term out, or collect more votes"
        )


def rank_of(scaled: Floats) -> int:
    """Rank of (N, K) columns of like size, however many rows."""
    gram = scaled.T @ scaled
    values = np.linalg.eigvalsh(gram)
    if values[0] > 1e-9 * values[-1]:  # of squared singular values: clearly of full rank
        return len(values)
    return int(np.linalg.matrix_rank(np.asarray(np.linalg.qr(scaled, mode="r"))))


def _free(rest: Floats) -> npt.NDArray[np.bool_]:
    """Whether each term (K,) has no finite estimate from the votes that are not separated.

    Those votes do not restrict directions in their null space; a term is finite if and only if no
    such direction changes it.
    """
    triangle = np.linalg.qr(rest, mode="r")
    _, singular, axes = np.linalg.svd(triangle)
    rank = int((singular > 1e-9 * max(1.0, float(singular.max(initial=0.0)))).sum())
    return np.asarray(np.abs(axes[rank:]).max(axis=0, initial=0.0) > 1e-7)
