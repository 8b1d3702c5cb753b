"""How alike statistics are: correlations of their differences, and an order by likeness."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.cluster.hierarchy import leaves_list, linkage, optimal_leaf_ordering
from scipy.spatial.distance import squareform
from scipy.stats import rankdata

from metrics.calibration.data import Floats


@dataclass(frozen=True)
class Similarity:
    """correlation: (K, K), NaN where unknown; order: (K,), by hierarchical clustering."""

    correlation: Floats
    order: npt.NDArray[np.intp]


def similarity(differences: Floats) -> Similarity:
    """Compare K statistics by the differences (N, K) between the two stimuli of each vote.

    Spearman's ρ of differences. Which stimulus stands on the left is arbitrary, so each vote enters
    both ways round: ranks become the sign of a difference times the rank of its size, without a
    mean to subtract. Votes that lack one of the two statistics are left out of their correlation.
    The order is that of average linkage with distance 1 − |ρ|, leaves ordered so that neighbours
    are alike (Bar-Joseph, Gifford & Jaakkola 2001).
    """
    many = differences.shape[1]
    correlation = np.full((many, many), np.nan)
    for one in range(many):
        for other in range(one, many):
            both = np.isfinite(differences[:, [one, other]]).all(axis=1)
            correlation[one, other] = correlation[other, one] = _signed_spearman(
                differences[both, one], differences[both, other]
            )
    if many < 3:
        return Similarity(correlation, np.arange(many))
    distance = 1 - np.abs(np.nan_to_num(correlation))
    np.fill_diagonal(distance, 0.0)
    condensed = squareform(np.maximum(distance, 0.0), checks=False)
    tree = optimal_leaf_ordering(linkage(condensed, "average"), condensed)
    return Similarity(correlation, leaves_list(tree).astype(np.intp))


def _signed_spearman(one: Floats, other: Floats) -> float:
    if not len(one):
        return float("nan")
    a, b = (np.sign(x) * _rank(np.abs(x)) for x in (one, other))
    scale = float(np.sqrt((a @ a) * (b @ b)))
    return float(a @ b) / scale if scale > 0 else float("nan")


def _rank(sizes: Floats) -> Floats:
    """Ranks of sizes among the sizes and their negatives, counted from the middle: 0 for size 0."""
    return np.where(sizes == 0, 0.0, rankdata(sizes) - 0.5)
