"""Profile intervals of a Firth fit: where the penalised likelihood, not a parabola, says to stop.

Under separation the likelihood is lopsided, and an interval of estimate ± t · error is not to be
trusted (Heinze & Schemper 2002). Votes count as independent here, since a likelihood has no
clusters.
"""

from __future__ import annotations

import warnings

import numpy as np
from firthmodels import FirthLogisticRegression

from .data import Comparisons, Floats
from .intervals import LEVEL


def profile_intervals(comparisons: Comparisons, level: float = LEVEL) -> Floats:
    """Bounds (K, 2) by the penalised likelihood ratio (Venzon & Moolgavkar 1988).

    NaN where a bound was not found.
    """
    x, preferred = comparisons.differences, comparisons.preferred
    scale = np.abs(x).max(axis=0)
    tied = preferred == 0.5  # half a vote for either side
    x = np.vstack([x, x[tied]]) / scale
    won = np.append(preferred >= 0.5, np.zeros(int(tied.sum()), dtype=bool))
    weight = np.append(np.where(tied, 0.5, 1.0), np.full(int(tied.sum()), 0.5))
    if won.all() or not won.any():  # the package wants both outcomes; turning a row is no change
        x[0], won[0] = -x[0], not won[0]
    model = FirthLogisticRegression(
        fit_intercept=False, max_iter=1000, gtol=1e-8, xtol=1e-8, backend="numpy"
    )
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")  # bounds that were not found are NaN
            model.fit(x, won.astype(int), sample_weight=weight)
            bounds = model.conf_int(alpha=1 - level, method="pl", max_iter=200, tol=1e-6)
    except (ValueError, np.linalg.LinAlgError):
        return np.full((len(scale), 2), np.nan)
    return np.asarray(bounds / scale[:, None], dtype=np.float64)
