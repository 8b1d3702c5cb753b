"""Ranks with ties: which statistics differ by more than chance, over all pairs at once.

All pairs of statistics are tested together by step-down max-T (Westfall & Young 1993; Romano & Wolf
2005): the probability that any two equal statistics are called different is at most 5 %, however
many there are. The joint distribution of the tests is multivariate t with the estimated covariance
(Hothorn, Bretz & Westfall 2008). Ranks follow as in Mogstad, Romano, Shaikh & Wilhelm 2024: a
statistic's rank lies between 1 + the number of those that are significantly better, and the number
of all less those that are significantly worse; all these statements hold together with 95 %.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from metrics.calibration.data import Floats
from metrics.calibration.intervals import LEVEL

PROCEDURE = (
    "step-down max-T over all pairs (Romano & Wolf 2005), errors clustered by participants and "
    "stimuli; family-wise error 5 %"
)
_DRAWS = 10_000
_CELLS = 20_000_000


@dataclass(frozen=True)
class Ranks:
    """Of K statistics, in the order in which they were given.

    Attributes:
        best, worst: (K,), the bounds of each rank; statistics that tie share `best`.
        group: (K,), 1 for those that do not differ from the first, and so on: the best of the
            remaining ones opens each further group.
        p: (K, K), adjusted p-value of each difference; 1 on the diagonal.

    """

    best: npt.NDArray[np.intp]
    worst: npt.NDArray[np.intp]
    group: npt.NDArray[np.intp]
    p: Floats


def null_draws(covariance: Floats, df: float, seed: int, tests: int = 1) -> Floats:
    """Draws (B, K) of K errors: multivariate t with the covariance (K, K)."""
    rng = np.random.default_rng(seed)
    many = max(500, min(_DRAWS, _CELLS // max(tests, 1)))
    values, vectors = np.linalg.eigh(covariance)
    normal = rng.standard_normal((many, len(values))) * np.sqrt(np.maximum(values, 0.0))
    return np.asarray((normal @ vectors.T) / np.sqrt(rng.chisquare(df, (many, 1)) / df))


def step_down(tests: Floats, nulls: Floats) -> Floats:
    """Adjusted p-values (H,) of tests (H,), larger meaning more evidence; nulls (B, H).

    The largest is compared with the largest of all draws, the next with the largest of the rest,
    and so on; no p-value is below that of a larger test.
    """
    order = np.argsort(-tests, kind="stable")
    rest = np.maximum.accumulate(nulls[:, order][:, ::-1], axis=1)[:, ::-1]
    exceeded = 1 + (rest >= tests[order]).sum(axis=0)
    p = np.empty(len(tests))
    p[order] = np.maximum.accumulate(exceeded / (1 + len(nulls)))
    return p


def pairs_of(many: int) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp], Floats]:
    """All pairs of `many` statistics, and their contrasts (P, K)."""
    one, other = np.triu_indices(many, 1)
    contrasts = np.zeros((len(one), many))
    rows = np.arange(len(one))
    contrasts[rows, one], contrasts[rows, other] = 1.0, -1.0
    return one, other, contrasts


def rank(mean: Floats, errors: Floats, covariance: Floats, df: float, seed: int = 0) -> Ranks:
    """Rank K statistics by their means (K,), higher first.

    errors: (P,), of the differences of `pairs_of`; 0 where two statistics agree on every vote,
    which never differ. covariance: (K, K), of the means. df: degrees of freedom of the errors.
    """
    many = len(mean)
    one, other, contrasts = pairs_of(many)
    p = np.ones((many, many))
    apart = errors > 0
    if apart.any():
        difference = (contrasts @ mean)[apart] / errors[apart]
        draws = null_draws(covariance, df, seed, len(errors))
        nulls = np.abs(draws @ (contrasts[apart] / errors[apart, None]).T)
        adjusted = np.ones(len(errors))
        adjusted[apart] = step_down(np.abs(difference), nulls)
        p[one, other] = p[other, one] = adjusted
    differs = p <= 1 - LEVEL
    higher = mean[:, None] > mean[None, :]
    better = (differs & higher.T).sum(axis=1)
    worse = (differs & higher).sum(axis=1)
    return Ranks(1 + better, many - worse, _groups(mean, differs), p)


def _groups(mean: Floats, differs: npt.NDArray[np.bool_]) -> npt.NDArray[np.intp]:
    group = np.zeros(len(mean), dtype=np.intp)
    first = -1
    for place in np.argsort(-mean, kind="stable"):
        if first < 0 or differs[first, place]:
            first = int(place)
            group[place] = group.max() + 1
        else:
            group[place] = group[first]
    return group
