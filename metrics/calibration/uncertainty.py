"""Errors and intervals of estimates from votes that are correlated within participants.

`std_errors` are the cluster-robust ones of statsmodels and R (HC1, see covariance.py). Intervals
use the bias-reduced errors CR2 (Bell & McCaffrey 2002, Survey Methodology 28), or those of a
jackknife (jackknife.py), and Student's t with Satterthwaite degrees of freedom (Pustejovsky &
Tipton 2018, JBES 36, section 3; in a balanced study of G participants G − 1), computed with the
fit's own binomial variances as the working model.

An error is not given (NaN) if it cannot be estimated from the participants:

- fewer than 4 degrees of freedom, that is, the votes count like those of fewer than 5 participants.
  The approximation by t then fails (Tipton 2015, Psychological Methods 20).
- a clustered error below a third of the naive one (goodness.least_ratio): participants answered so
  much alike that their differences do not reveal the error of the estimate.
- a separated term, whose clustered error does not measure how flat the likelihood is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from .covariance import clustered, two_way
from .data import Codes, Floats
from .fit import Fit
from .goodness import FEWEST_GROUPS, least_ratio
from .intervals import LEVEL, t_quantile

FEWEST_DF = FEWEST_GROUPS - 1
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Uncertainty:
    """Of M estimates: the K' parameters of a fit, or contrasts of them.

    covariance: (M, M). std_errors: (M,). robust: (M,), the errors of intervals. df: (M,), their
    degrees of freedom. NaN if not given. few, alike: (M,), the reason why an error is not given.
    clustered: (M,), std_errors also where participants are too few for them, for comparison only.
    """

    covariance: Floats
    std_errors: Floats
    robust: Floats
    df: Floats
    few: Flags
    alike: Flags
    clustered: Floats

    def half_widths(self, level: float = LEVEL) -> Floats:
        """Half the width of each interval (M,)."""
        pairs = zip(self.df, self.robust, strict=True)
        return np.array([t_quantile(df, level) * error for df, error in pairs])

    def at_least(self, least: Floats) -> Uncertainty:
        """The same with errors of at least `least` (M,)."""
        errors = np.where(self.std_errors < least, least, self.std_errors)
        robust = np.where(self.robust < least, least, self.robust)
        return replace(self, std_errors=errors, robust=robust)

    def without(self, gone: Flags) -> Uncertainty:
        """The same without the errors of the estimates `gone` (M,)."""
        covariance = self.covariance.copy()
        covariance[gone], covariance[:, gone] = np.nan, np.nan
        errors, robust, df, plain = (
            np.where(gone, np.nan, each)
            for each in (self.std_errors, self.robust, self.df, self.clustered)
        )
        return Uncertainty(
            covariance, errors, robust, df, self.few & ~gone, self.alike & ~gone, plain
        )


def independent(result: Fit) -> Uncertainty:
    """Errors of the parameters as if all votes were independent."""
    errors, flags = result.naive_errors, np.zeros(len(result.bread), dtype=bool)
    df = np.full(len(errors), max(1.0, len(result.scores) - 1.0))
    return Uncertainty(result.bread, errors, errors, df, flags, flags, errors)


def uncertainty(result: Fit, groups: Codes, contrasts: Floats | None = None) -> Uncertainty:
    """Errors of a fit clustered by groups (N,), one code for each participant.

    contrasts: (M, K'), the estimates as combinations of the parameters (default: each parameter).
    """
    many = len(result.bread)
    contrasts = np.eye(many) if contrasts is None else contrasts
    if len(np.unique(groups)) < 2:
        return _nothing(len(contrasts))
    matrix = contrasts @ clustered(result.scores, result.bread, groups) @ contrasts.T
    if np.isnan(result.bread).any():  # 0 · NaN is NaN, so single parameters are not multiplied
        matrix = clustered(result.scores, result.bread, groups)
    robust, df = _bias_reduced(result, groups, contrasts)
    return _given(matrix, naive_errors(result, contrasts), robust, df)


def two_way_uncertainty(result: Fit, one: Codes, other: Codes) -> Uncertainty:
    """Errors of the parameters clustered by two groupings; df: the smaller of the two."""
    if min(len(np.unique(one)), len(np.unique(other))) < 2:
        return _nothing(len(result.bread))
    matrix = two_way(result.scores, result.bread, one, other)
    contrasts = np.eye(len(result.bread))
    df = np.fmin(*(_bias_reduced(result, codes, contrasts)[1] for codes in (one, other)))
    with np.errstate(invalid="ignore"):
        return _given(matrix, naive_errors(result, contrasts), np.sqrt(np.diag(matrix)), df)


def reasons(
    found: Uncertainty, names: Sequence[str], what: str, groups: str = "participants"
) -> list[str]:
    """Notes with the reasons why errors of `what`, by name, are not given."""
    lines = []
    for flags, why in (
        (found.few, f"the votes count like those of fewer than 5 {groups}"),
        (found.alike, "participants answered too much alike"),
    ):
        concerned = [name for name, flag in zip(names, flags, strict=False) if flag]
        if concerned:
            lines.append(f"The error of {what} {', '.join(concerned)} is not known: {why}.")
    return lines


def _nothing(many: int) -> Uncertainty:
    unknown, flags = np.full(many, np.nan), np.zeros(many, dtype=bool)
    matrix = np.full((many, many), np.nan)
    return Uncertainty(matrix, unknown, unknown, unknown, flags, flags, unknown)


def _given(matrix: Floats, naive: Floats, robust: Floats, df: Floats) -> Uncertainty:
    """Replace errors that cannot be estimated from the participants by NaN."""
    with np.errstate(invalid="ignore"):
        errors = np.sqrt(np.diag(matrix))
        known = np.isfinite(errors)
        few = known & ~(df >= FEWEST_DF - 1e-6)  # rounding in balanced studies
        least = naive * [least_ratio(each) if each > 0 else 0.0 for each in df]
        alike = known & ~few & ~(np.fmin(errors, robust) >= np.maximum(least, 1e-12 * naive))
    found = Uncertainty(matrix, errors, robust, df, few, alike, errors)
    given = found.without(few | alike | ~known)
    return replace(given, few=few, alike=alike, clustered=np.where(few, errors, given.std_errors))


def naive_errors(result: Fit, contrasts: Floats) -> Floats:
    """Errors (M,) as if votes were independent."""
    known = np.isfinite(np.diag(result.bread))
    within = contrasts[:, known]
    variances = np.einsum("mi,ij,mj->m", within, result.bread[np.ix_(known, known)], within)
    concerned = (contrasts[:, ~known] != 0).any(axis=1)
    return np.sqrt(np.where(concerned, np.nan, variances))


def _bias_reduced(result: Fit, groups: Codes, contrasts: Floats) -> tuple[Floats, Floats]:
    """Errors CR2 (M,) and Satterthwaite degrees of freedom (M,) of contrasts (M, K').

    With T the information, I_g a group's share of it, J_g = T^-½ I_g T^-½ and s_g its scores, CR2
    takes T^½ (1 − J_g)^-½ T^-½ s_g for s_g, which needs matrices of K' × K' only. The variance
    estimate of a contrast is a quadratic form in independent residuals; with a = T^-½ c its groups
    have products P_gh = [g = h] aᵀJ_g a − w_gᵀw_h, w_g = J_g (1 − J_g)^-½ a (off the diagonal), and
    df = (Σ P_gg)² / Σ P_gh².
    """
    errors = np.full(len(contrasts), np.nan)
    df = errors.copy()
    known = np.flatnonzero(np.isfinite(np.diag(result.bread)))
    concerned = np.ones(len(errors), dtype=bool)
    concerned[(np.delete(contrasts, known, axis=1) != 0).any(axis=1)] = False
    if not len(known) or not concerned.any():
        return errors, df
    unit = np.sqrt(np.diag(result.bread)[known])  # each parameter in units of its naive error
    scores, information = _sums(result, groups, known, unit)
    values, axes = np.linalg.eigh(information.sum(axis=0))
    values = np.maximum(values, 1e-12 * values[-1])
    root, inverse = (axes * values**0.5) @ axes.T, (axes * values**-0.5) @ axes.T
    leverage, directions = np.linalg.eigh(inverse @ information @ inverse)
    leverage = np.clip(leverage, 0.0, 1.0)
    stretch = np.maximum(1 - leverage, 1e-10) ** -0.5
    bread = result.bread[np.ix_(known, known)] / np.outer(unit, unit)
    wanted = contrasts[np.ix_(concerned, known)] * unit
    # Scores and contrasts along each group's axes: s'T^-½ and T^½ B c.
    along = np.einsum("gki,gk->gi", directions, scores @ inverse)
    turned = np.einsum("gki,km->gim", directions, root @ bread @ wanted.T)
    errors[concerned] = np.sqrt(
        ((stretch[:, :, None] * along[:, :, None] * turned).sum(axis=1) ** 2).sum(axis=0)
    )
    own = (leverage[:, :, None] * turned**2).sum(axis=1)  # (G, M)
    moved = np.einsum("gki,gim->gkm", directions, (leverage * stretch)[:, :, None] * turned)
    square = np.einsum("gkm,glm->mkl", moved, moved)
    lengths = (moved**2).sum(axis=1)
    between = (square**2).sum(axis=(1, 2)) - (lengths**2).sum(axis=0)
    df[concerned] = own.sum(axis=0) ** 2 / ((own**2).sum(axis=0) + np.maximum(between, 0.0))
    return errors, df


def _sums(result: Fit, groups: Codes, known: Codes, unit: Floats) -> tuple[Floats, Floats]:
    """Scores (G, k) and information (G, k, k) of each group, in the given units."""
    codes = np.unique(groups, return_inverse=True)[1].ravel()
    many, terms = int(codes.max()) + 1, len(known)
    scores = np.zeros((many, terms))
    np.add.at(scores, codes, result.scores[:, known] * unit)
    information = np.empty((many, terms, terms))
    roots = result.roots[:, :, known] * unit
    for one in range(terms):
        for other in range(one + 1):
            products = (roots[:, :, one] * roots[:, :, other]).sum(axis=0)
            information[:, one, other] = np.bincount(codes, products, many)
            information[:, other, one] = information[:, one, other]
    return scores, information
