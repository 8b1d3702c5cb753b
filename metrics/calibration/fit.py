"""One published fit: P(left preferred) = σ(βᵀ(x_left − x_right)), no intercept.

The model of Yeh et al. 2020, "Improving Style Transfer with Calibrated Metrics", section 4.1.
Without an intercept the estimate does not depend on which stimulus was on the left: reversing the
sign of a row and its choice leaves it unchanged.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.linalg import qr
from statsmodels.discrete.discrete_model import Logit

from common.errors import InputError
from common.lookup import check_name

from .data import Codes, Comparisons, Floats
from .davidson import davidson
from .firth import firth
from .goodness import log_likelihood
from .separation import check_rank, separation, tie_separation

FITS = ("ml", "firth", "auto")
"""ml: maximum likelihood, a separated term is infinite. firth: penalised, always finite.
auto: ml unless a term is separated, then firth."""


@dataclass(frozen=True)
class Fit:
    """coefficients: (K,), ±inf where separated. bread: (K', K'), inverse information; scores:
    (N, K'), each vote's share of the gradient; roots: (R, N, K'), each vote's share of the
    information, Σ_r roots[r, n] roots[r, n]ᵀ. K' = K + 1 where ln ν (ties) is estimated.

    Rows and columns of infinite terms are NaN in `bread`, 0 in `scores` and `roots`.
    """

    terms: tuple[str, ...]
    method: str
    coefficients: Floats
    bread: Floats
    scores: Floats
    roots: Floats
    log_likelihood: float
    separated: tuple[str, ...] = ()
    tie: float | None = None

    @property
    def naive_errors(self) -> Floats:
        """Errors (K',) as if every vote were independent: for comparison, not for publishing."""
        return np.sqrt(np.diag(self.bread))


def fit(comparisons: Comparisons, method: str = "auto", *, ties: str = "half") -> Fit:
    """Fit by `method`, one of FITS; `ties="davidson"` estimates a tie parameter as well.

    Raises InputError for an unknown method, collinear terms, and a fit that does not converge.
    """
    check_name("fit", method, FITS)
    if ties == "davidson" and comparisons.ties:
        if method == "firth":
            raise InputError("--fit firth cannot be combined with --ties davidson: use --ties half")
        return _davidson(comparisons)
    found = separation(comparisons)
    separated = tuple(
        term for term, way in zip(comparisons.terms, found.direction, strict=True) if way
    )
    if method == "firth" or (method == "auto" and found.found):
        return _firth(comparisons, separated)
    if not found.found:
        return _likelihood(comparisons, found.estimate)
    return _limit(comparisons, found.direction, found.votes, separated)


def _likelihood(comparisons: Comparisons, start: Floats | None = None) -> Fit:
    preferred = comparisons.preferred
    # All terms are scaled, so that the tolerance does not depend on their units.
    scale = np.abs(comparisons.differences).max(axis=0)
    x = comparisons.differences / scale
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # convergence is checked below, separation is excluded
        # The rank is known; the covariance is computed below.
        result = Logit(preferred, x, check_rank=False).fit(
            start_params=None if start is None else start * scale,
            method="newton",
            tol=1e-10,
            maxiter=100,
            disp=0,
            skip_hessian=True,
        )
    beta = np.asarray(result.params, dtype=np.float64)
    if not result.mle_retvals["converged"] or not np.isfinite(beta).all():
        raise InputError("the fit did not converge: use fewer terms or collect more votes")
    p = 0.5 * (1 + np.tanh(0.5 * (x @ beta)))
    bread = np.linalg.inv(x.T @ ((p * (1 - p))[:, None] * x))
    return Fit(
        terms=comparisons.terms,
        method="ml",
        coefficients=beta / scale,
        bread=np.asarray(bread / np.outer(scale, scale), dtype=np.float64),
        scores=(preferred - p)[:, None] * comparisons.differences,
        roots=_roots(p, comparisons.differences),
        log_likelihood=log_likelihood(x @ beta, preferred),
    )


def _roots(p: Floats, differences: Floats) -> Floats:
    """Roots (1, N, K) of the information of binary votes with probabilities p (N,)."""
    return np.sqrt(p * (1 - p))[None, :, None] * differences


def _firth(comparisons: Comparisons, separated: tuple[str, ...] = ()) -> Fit:
    result = firth(comparisons.differences, comparisons.preferred)
    p = 0.5 * (1 + np.tanh(0.5 * (comparisons.differences @ result.coefficients)))
    return Fit(
        terms=comparisons.terms,
        method="firth",
        coefficients=result.coefficients,
        bread=result.bread,
        scores=result.scores,
        roots=_roots(p, comparisons.differences),
        log_likelihood=result.log_likelihood,
        separated=separated,
    )


def _davidson(comparisons: Comparisons) -> Fit:
    check_rank(comparisons)
    try:
        result = davidson(comparisons.differences, comparisons.preferred)
    except InputError:
        if 0 < comparisons.ties < comparisons.votes and tie_separation(comparisons):
            raise InputError(
                "choices and ties are separated, so Davidson's model has no finite estimate: use "
                "--ties half, or fewer terms"
            ) from None
        raise
    return Fit(
        terms=comparisons.terms,
        method="ml",
        coefficients=result.coefficients,
        bread=result.bread,
        scores=result.scores,
        roots=result.roots,
        log_likelihood=result.log_likelihood,
        tie=result.tie,
    )


def _limit(
    comparisons: Comparisons,
    direction: Floats,
    gone: npt.NDArray[np.bool_],
    separated: tuple[str, ...],
) -> Fit:
    """The limit of the likelihood along a separating direction.

    The separated votes have probability 1 there and contribute no information; the finite terms are
    estimated from the other votes, together with the infinite terms that still vary in these.
    """
    count, many = comparisons.differences.shape
    finite = np.flatnonzero(direction == 0)
    coefficients = np.zeros(many)
    coefficients[direction != 0] = direction[direction != 0] * np.inf
    bread, scores = np.full((many, many), np.nan), np.zeros((count, many))
    roots = np.zeros((1, count, many))
    value = 0.0
    if not gone.all():
        rest = replace(
            comparisons,
            differences=comparisons.differences[~gone],
            preferred=comparisons.preferred[~gone],
        )
        columns = np.concatenate([finite, _independent(rest.differences, finite)])
        if len(columns):
            part = _likelihood(
                replace(
                    rest,
                    terms=tuple(comparisons.terms[column] for column in columns),
                    differences=rest.differences[:, columns],
                )
            )
            kept = slice(0, len(finite))
            coefficients[finite] = part.coefficients[kept]
            bread[np.ix_(finite, finite)] = part.bread[kept, kept]
            scores[np.ix_(~gone, finite)] = part.scores[:, kept]
            roots[0][np.ix_(~gone, finite)] = part.roots[0][:, kept]
            value = part.log_likelihood
        else:  # in the other votes no term differs
            value = log_likelihood(np.zeros(len(rest.preferred)), rest.preferred)
    return Fit(comparisons.terms, "ml", coefficients, bread, scores, roots, value, separated)


def _independent(rest: Floats, finite: Codes) -> Codes:
    """Infinite terms that, together with the finite ones, still vary independently in `rest`."""
    others = np.setdiff1d(np.arange(rest.shape[1]), finite)
    scale = np.maximum(np.abs(rest).max(axis=0), 1e-300)
    x = rest / scale
    if len(finite):
        basis = np.linalg.qr(x[:, finite])[0]
        x = x - basis @ (basis.T @ x)
    triangle, order = qr(x[:, others], mode="r", pivoting=True)
    size = np.abs(np.diag(triangle))
    return np.asarray(others[order[: int((size > 1e-9).sum())]], dtype=np.intp)
