"""Summaries of the boundary benchmark: F, ODS, OIS and AP.

Definitions: Arbeláez, Maire, Fowlkes and Malik, TPAMI 33(5), 2011, section 3.1, computed as the
BSDS500 benchmark does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from operator import add

import numpy as np
from numpy.typing import NDArray

from metrics.boundaries.benchmark import Counts

_STEPS = np.linspace(0, 1, 100)  # between two thresholds, where F is interpolated
_RECALLS = np.linspace(0, 1, 101)  # where precision is sampled for the area


@dataclass(frozen=True)
class Best:
    """The highest F-measure over thresholds, and its threshold, recall and precision."""

    f: float
    threshold: float
    recall: float
    precision: float


def f_measure(recall: NDArray[np.float64], precision: NDArray[np.float64]) -> NDArray[np.float64]:
    """Harmonic mean of recall and precision; 0 if both are 0."""
    total = recall + precision
    return np.divide(2 * recall * precision, total, out=np.zeros_like(total), where=total > 0)


def best(counts: Counts) -> Best:
    """The highest F, with recall and precision interpolated linearly between thresholds."""
    threshold, recall, precision = (
        _between(curve) for curve in (counts.thresholds, counts.recall, counts.precision)
    )
    f = f_measure(recall, precision)
    top = int(f.argmax())
    return Best(float(f[top]), float(threshold[top]), float(recall[top]), float(precision[top]))


def _between(curve: NDArray[np.float64]) -> NDArray[np.float64]:
    if curve.size == 1:
        return curve
    return (curve[:-1, None] * (1 - _STEPS) + curve[1:, None] * _STEPS).reshape(-1)


def optimal_dataset_scale(pictures: Sequence[Counts]) -> Best:
    """ODS: the best F with one threshold for all pictures, of the summed counts."""
    return best(reduce(add, pictures))


def optimal_image_scale(pictures: Sequence[Counts]) -> float:
    """OIS: F of the counts summed over pictures, each at its own best threshold."""
    total = np.zeros(4)
    for counts in pictures:
        top = int(f_measure(counts.recall, counts.precision).argmax())
        total += (
            counts.matched_recall[top],
            counts.total_recall[top],
            counts.matched_precision[top],
            counts.total_precision[top],
        )
    recall, precision = total[[0]] / max(total[1], 1), total[[2]] / max(total[3], 1)
    return float(f_measure(recall, precision)[0])


def area_under_curve(counts: Counts) -> float:
    """The area under precision over recall: AP for counts summed over pictures.

    Precision is interpolated linearly at recalls 0, 0.01 … 1; it is 0 at recalls never reached.
    """
    recall, last = np.unique(counts.recall[::-1], return_index=True)
    if recall.size < 2:
        return 0.0
    precision = np.interp(_RECALLS, recall, counts.precision[::-1][last], left=0, right=0)
    return float(precision.sum() * 0.01)
