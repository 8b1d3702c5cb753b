"""How well log odds predict votes."""

from __future__ import annotations

import numpy as np

from .data import Codes, Floats


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


def error_of_mean(values: Floats, groups: Codes) -> float:
    """Standard error of the mean of values (N,) that resemble each other within groups (N,).

    0 where there is one group only: nothing then tells how groups differ.
    """
    codes = np.unique(groups, return_inverse=True)[1].ravel()
    many = int(codes.max()) + 1
    sums = np.bincount(codes, values - values.mean())
    inflation = many / (many - 1) if many > 1 else 0.0
    return float(np.sqrt(inflation * (sums**2).sum()) / len(values))
