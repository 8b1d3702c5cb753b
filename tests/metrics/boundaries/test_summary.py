"""F, ODS, OIS and the area against values worked out by hand and the original's files."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.boundaries.benchmark import Counts, even_thresholds
from metrics.boundaries.summary import (
    area_under_curve,
    best,
    f_measure,
    optimal_dataset_scale,
    optimal_image_scale,
)


def counts(matched_recall, total_recall, matched_precision, total_precision) -> Counts:
    arrays = (
        np.atleast_1d(np.asarray(values))
        for values in (matched_recall, total_recall, matched_precision, total_precision)
    )
    first, *others = arrays
    return Counts(
        even_thresholds(first.size), first, *(np.broadcast_to(o, first.shape) for o in others)
    )


@given(st.floats(0, 1), st.floats(0, 1))
def test_f_lies_between_recall_and_precision(recall, precision):
    (f,) = f_measure(np.array([recall]), np.array([precision]))
    assert min(recall, precision) - 1e-12 <= f <= max(recall, precision) + 1e-12


def test_f_of_nothing_is_zero():
    assert f_measure(np.zeros(1), np.zeros(1)) == 0


def test_the_best_f_lies_between_thresholds():
    # Recall falls from 1 to 0 while precision rises from 0 to 1: F = 2d(1 − d), highest at d = ½.
    found = best(counts([10, 0], 10, [0, 10], 10))
    assert found.f == pytest.approx(0.5, abs=1e-4)
    assert found.threshold == pytest.approx(0.5, abs=0.01)
    assert found.recall == pytest.approx(0.5, abs=0.01)
    assert found.precision == pytest.approx(0.5, abs=0.01)


def test_one_threshold_needs_no_interpolation():
    found = best(counts(6, 10, 3, 4))
    assert (found.recall, found.precision, found.threshold) == (0.6, 0.75, 0.5)
    assert found.f == pytest.approx(2 * 0.6 * 0.75 / 1.35)


def test_nothing_detected_gives_zero():
    assert best(counts([0, 0, 0], 10, 0, 0)).f == 0
    assert area_under_curve(counts([0, 0, 0], 10, 0, 0)) == 0


def test_ods_takes_one_threshold_and_ois_one_for_each():
    early, late = counts([10, 0], 10, [10, 0], [10, 1]), counts([10, 10], 10, [10, 10], [90, 10])
    assert optimal_image_scale([early, late]) == 1
    assert optimal_dataset_scale([early, late]).f < 0.9
    assert optimal_dataset_scale([late]) == best(late)


def test_the_area_of_a_straight_curve():
    # Precision 1 − recall from recall 0 to 1: area ½ as the sum over 101 recalls.
    recall = np.arange(100, -1, -1)
    curve = counts(recall, 100, 100 - recall, 100)
    assert area_under_curve(curve) == pytest.approx(0.5, abs=0.006)


def test_the_area_beyond_the_recalls_reached_is_zero():
    curve = counts([50, 40, 30, 20], 100, 10, 10)  # precision 1 from recall 0.2 to 0.5
    assert area_under_curve(curve) == pytest.approx(0.31, abs=1e-9)
