"""Goodness of fit: likelihood, log loss and accuracy of log odds."""

from __future__ import annotations

import numpy as np
from scipy.stats import chi2

from .data import Codes, Floats

FEWEST_GROUPS = 5.0
"""Errors need an effective number of participants of at least this."""
ENOUGH_PEOPLE = 20
"""Clustered errors of fewer participants tend to be too small."""
LEAST_RATIO = 1 / 3
RARELY = 0.01


def least_ratio(df: float) -> float:
    """The ratio to the naive error below which a clustered error shows that participants answer too
    much alike.

    If votes were independent, the ratio's square would be χ² / df of `df` degrees of freedom: the
    limit is a third, or less if chance alone gives less in more than one of a hundred studies.
    """
    return float(min(LEAST_RATIO, np.sqrt(chi2.ppf(RARELY, df) / df)))


def log_likelihood(eta: Floats, preferred: Floats) -> float:
    """Binomial log-likelihood of log odds eta (N,) for left; a tie counts half for either side."""
    return float(-losses(eta, preferred).sum())


def losses(eta: Floats, preferred: Floats) -> Floats:
    """Negative log-likelihood of each vote (N,); ln 2 = 0.693 is chance."""
    return np.asarray(np.logaddexp(0.0, eta) - preferred * eta)


def log_loss(eta: Floats, preferred: Floats) -> float:
    """Mean negative log-likelihood of a vote; lower is better."""
    return float(losses(eta, preferred).mean())


def accuracy(eta: Floats, preferred: Floats) -> float:
    """Share of votes predicted, 0 … 1; even odds count ½, and so does a tied vote."""
    return float((0.5 + 0.5 * np.sign(eta) * np.sign(preferred - 0.5)).mean())


def kish(groups: Codes) -> float:
    """Effective number of groups (N,): (Σ n)² / Σ n², for the group sizes n (Kish 1965)."""
    sizes = np.unique(groups, return_counts=True)[1].astype(np.float64)
    return float(sizes.sum() ** 2 / (sizes**2).sum())


def error_of_mean(values: Floats, groups: Codes) -> float:
    """Standard error of the mean of values (N,) that resemble each other within groups (N,).

    NaN if the groups do not allow an estimate: fewer than 5 by Kish's count, or an error far below
    that of independent values, as if all groups had the same values (see uncertainty.py).
    """
    effective = kish(groups)
    if effective < FEWEST_GROUPS:
        return float("nan")
    codes = np.unique(groups, return_inverse=True)[1].ravel()
    many = int(codes.max()) + 1
    sums = np.bincount(codes, values - values.mean())
    error = float(np.sqrt(many / (many - 1) * (sums**2).sum()) / len(values))
    independent = float(values.std()) / np.sqrt(len(values))
    enough = error > 1e-12 and error >= least_ratio(effective - 1) * independent
    return error if enough else float("nan")
