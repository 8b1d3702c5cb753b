"""Intervals by a jackknife that leaves out one participant at a time.

A logistic regression averages the slopes of people who differ in a way that is not linear: the
slope common to a few of them is larger on average than the slope common to all, which no error
shows. The jackknife estimates this bias (Quenouille 1956, Biometrika 43), and an error without the
linear approximation of CR2 (Efron 1982, chapter 3; CV3 in MacKinnon, Nielsen & Webb 2023, Journal
of Econometrics 232). Intervals are extended by the bias, towards the corrected estimate.

docs/calibration.md shows the coverage in simulated studies.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .data import Comparisons, Floats
from .fit import Fit
from .intervals import LEVEL, t_quantile
from .newton import fit_batch
from .uncertainty import Flags, Uncertainty

MOST_PEOPLE = 200
"""With more of them the bias, inverse to their number, is below a tenth of an error."""
ENOUGH_DF = 8.0
LEAST_SHARE = 0.4
"""No interval with fewer degrees of freedom than both ENOUGH_DF and this share of those of as many
participants with equal votes: where one of 15 or 21 gave 40 or 50 % of the votes, the intervals
covered up to 98.6 %, because their degrees of freedom are uncertain (docs/calibration.md)."""


@dataclass(frozen=True)
class Jackknife:
    """errors, bias: (K,), of the coefficients; positive where estimates are too large."""

    errors: Floats
    bias: Floats


def jackknife(comparisons: Comparisons, result: Fit) -> Jackknife | None:
    """Refit without each of G participants in turn: θ_g, with mean θ̄.

    errors² = (G − 1) / G · Σ (θ_g − θ̄)², bias = (G − 1) (θ̄ − θ).

    None for other fits than maximum likelihood without a tie parameter, for more than MOST_PEOPLE,
    and if the votes without some participant have no finite estimate.
    """
    codes = np.unique(comparisons.participants, return_inverse=True)[1].ravel()
    many = int(codes.max()) + 1
    plain = result.method == "ml" and result.tie is None and not result.separated
    if not plain or not 2 < many <= MOST_PEOPLE:
        return None
    batch = fit_batch(
        comparisons.differences,
        comparisons.preferred,
        groups=codes,
        weights=1.0 - np.eye(many),
        start=result.coefficients,
    )
    if not batch.converged.all():
        return None
    mean = batch.coefficients.mean(axis=0)
    squares = ((batch.coefficients - mean) ** 2).sum(axis=0)
    return Jackknife(
        np.sqrt((many - 1) / many * squares), (many - 1) * (mean - result.coefficients)
    )


def dominated(comparisons: Comparisons, found: Uncertainty) -> Flags:
    """Which coefficients (K,) have an error, but depend too much on a few participants' votes."""
    df = found.df[: len(comparisons.terms)]
    with np.errstate(invalid="ignore"):  # no error, no degrees of freedom
        flags: Flags = df < min(ENOUGH_DF, LEAST_SHARE * (comparisons.people - 1))
    return flags


def bounds(
    comparisons: Comparisons, result: Fit, found: Uncertainty, level: float = LEVEL
) -> tuple[Floats, Floats]:
    """Lower and upper bounds (K,) of the coefficients; NaN if not given.

    found: errors clustered by participant, whose degrees of freedom are used. If there is no
    jackknife, the bounds are estimate ± t · error with its bias-reduced error. Bounds are not given
    for dominated coefficients.
    """
    many = len(comparisons.terms)
    coefficients, widths = result.coefficients, found.half_widths(level)[:many]
    widths[dominated(comparisons, found)] = np.nan
    left_out = jackknife(comparisons, result)
    with np.errstate(invalid="ignore"):  # an infinite coefficient has no interval
        if left_out is None:
            return coefficients - widths, coefficients + widths
        quantiles = np.array([t_quantile(df, level) for df in found.df[:many]])
        widths = np.where(np.isnan(widths), np.nan, quantiles * left_out.errors)
        return (
            coefficients - widths - np.maximum(left_out.bias, 0.0),
            coefficients + widths - np.minimum(left_out.bias, 0.0),
        )
