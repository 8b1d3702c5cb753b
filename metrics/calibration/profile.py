"""Profile intervals of a Firth fit, from the penalised likelihood itself.

Under separation the likelihood is asymmetric, so estimate ± t · error is not valid (Heinze &
Schemper 2002, Statistics in Medicine 21). Votes count as independent: a likelihood has no clusters.

The bounds are where twice the drop of the profile equals a quantile of χ² (Venzon & Moolgavkar
1988). They are bracketed outwards from the estimate and found by Brent's method, so an interval
always contains its estimate. The search of Venzon and Moolgavkar itself, as in firthmodels 0.8,
can end on the other side of the estimate.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.optimize import brentq
from scipy.stats import chi2

from common.errors import InputError

from .data import Comparisons, Floats
from .firth import firth
from .intervals import LEVEL

_DOUBLINGS = 60
_STEPS = 200


def profile_intervals(comparisons: Comparisons, level: float = LEVEL) -> Floats:
    """Bounds (K, 2) by the penalised likelihood ratio; NaN if a bound does not exist."""
    scale = np.abs(comparisons.differences).max(axis=0)
    x, preferred = comparisons.differences / scale, comparisons.preferred
    best = firth(x, preferred)
    lowest = best.penalised - 0.5 * float(chi2.ppf(level, 1))
    errors = np.sqrt(np.diag(best.bread))

    def bound(term: int, way: float) -> float:
        solved = {float(best.coefficients[term]): best}

        def height(value: float) -> float:
            """The profile at a value of the term, minus the level of the bounds."""
            if value not in solved:
                nearest = min(solved, key=lambda known: abs(known - value))
                start = solved[nearest].coefficients.copy()
                start[term] = value
                solved[value] = firth(
                    x, preferred, start=start, held=term, limit=_STEPS, tolerance=1e-7
                )
            return solved[value].penalised - lowest

        return _crossing(height, float(best.coefficients[term]), way * float(errors[term]))

    bounds = np.array([[bound(term, -1.0), bound(term, 1.0)] for term in range(len(scale))])
    return np.asarray(bounds / scale[:, None], dtype=np.float64)


def _crossing(height: Callable[[float], float], inside: float, step: float) -> float:
    """The zero of `height`, positive at `inside`, in the direction of `step`; NaN without one."""
    try:
        for _ in range(_DOUBLINGS):
            outside = inside + step
            if height(outside) <= 0:
                return float(brentq(height, inside, outside, xtol=1e-9, rtol=1e-10))
            inside, step = outside, 2 * step
    except (InputError, ValueError, np.linalg.LinAlgError):
        pass
    return float("nan")
