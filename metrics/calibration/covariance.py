"""Covariance of estimates when votes of one person resemble each other: the cluster sandwich.

On real votes naive errors are too small by a third or more, so they are not the default.
"""

from __future__ import annotations

import numpy as np

from common.errors import InputError

from .data import Codes, Floats


def clustered(scores: Floats, bread: Floats, groups: Codes, *, correction: bool = True) -> Floats:
    """Sandwich bread · Σ_g s_g s_gᵀ · bread, with s_g the sum of a group's scores.

    scores: (N, K); bread: (K, K), the inverse information; groups: (N,). `correction` multiplies by
    G/(G−1) · (N−1)/(N−K), as statsmodels and R's vcovCL(type = "HC1", cadjust = TRUE); without it,
    HC0. Rows and columns that are NaN in `bread` (infinite terms) stay NaN; all are NaN if the
    correction is not defined, N ≤ K. Raises InputError with fewer than two groups.
    """
    count, terms = scores.shape
    labels, codes = np.unique(groups, return_inverse=True)
    many = len(labels)
    if many < 2:
        raise InputError("clustered errors need at least two groups")
    matrix = np.full((terms, terms), np.nan)
    if correction and count <= terms:
        return matrix
    known = np.flatnonzero(np.isfinite(np.diag(bread)))
    sums = np.zeros((many, len(known)))
    np.add.at(sums, codes, scores[:, known])
    half = sums @ bread[np.ix_(known, known)]
    sandwich = half.T @ half
    if correction:
        sandwich *= many / (many - 1) * (count - 1) / (count - terms)
    matrix[np.ix_(known, known)] = sandwich
    return matrix


def standard_errors(matrix: Floats) -> Floats:
    """Roots of a covariance's diagonal (K,); NaN if it is NaN."""
    return np.asarray(np.sqrt(np.diag(matrix)))


def two_way(scores: Floats, bread: Floats, one: Codes, other: Codes) -> Floats:
    """Clustered by two groupings at once (Cameron, Gelbach & Miller 2011): V₁ + V₂ − V₁₂.

    The difference need not be a covariance: a variance of 0 or below is replaced by the larger of
    the two one-way variances.
    """
    first, second = clustered(scores, bread, one), clustered(scores, bread, other)
    both = np.unique(np.column_stack([one, other]), axis=0, return_inverse=True)[1].ravel()
    joint = first + second - clustered(scores, bread, both)
    variances = np.diag(joint)
    larger = np.maximum(np.diag(first), np.diag(second))
    np.fill_diagonal(joint, np.where(variances > 0, variances, larger))
    return joint
