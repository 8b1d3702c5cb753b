"""How well log odds predict votes."""

from __future__ import annotations

import numpy as np

from .data import Floats


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
