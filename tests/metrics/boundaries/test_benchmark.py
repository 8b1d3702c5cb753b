"""The counts: the original benchmark's, scipy's matching, invariances, and empty maps."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image
from scipy.ndimage import gaussian_filter
from scipy.sparse import csr_array
from scipy.sparse.csgraph import maximum_bipartite_matching
from scipy.spatial.distance import cdist
from skimage.morphology import thin

from common.annotations import read_annotations
from metrics.boundaries import benchmark
from metrics.boundaries.benchmark import Counts, count, even_thresholds
from tests.conftest import SHARED

GOLDEN = SHARED / "golden" / "boundaries"


def example(seed: int = 0, side: int = 72, annotators: int = 2) -> tuple[np.ndarray, np.ndarray]:
    """A blotchy prediction in [0, 1] and thin annotations that it partly matches."""
    noise = np.random.default_rng(seed).random((annotators + 1, side, side))
    smooth = np.stack([gaussian_filter(one, 2) for one in noise])
    truth = np.stack([thin(one > 0.54) for one in smooth[1:]])
    prediction = np.clip(gaussian_filter(truth[0].astype(float), 1.5) + smooth[0] - 0.45, 0, 1)
    return prediction, truth


def columns(counts: Counts) -> np.ndarray:
    return np.stack(
        [
            counts.matched_recall,
            counts.total_recall,
            counts.matched_precision,
            counts.total_precision,
        ],
        axis=1,
    )


def pairs_by_scipy(detected: np.ndarray, annotated: np.ndarray) -> int:
    radius = benchmark.TOLERANCE * np.hypot(*detected.shape)
    apart = cdist(np.argwhere(detected), np.argwhere(annotated))
    return int((maximum_bipartite_matching(csr_array(apart <= radius), "column") >= 0).sum())


@pytest.mark.golden
@pytest.mark.parametrize("thresholds", [5, 99])
@pytest.mark.parametrize("name", ["2018", "3063", "5096"])
def test_it_counts_as_the_original_benchmark(name, thresholds):
    prediction = np.asarray(Image.open(GOLDEN / "png" / f"{name}.png")) / 255
    truth = read_annotations(GOLDEN / "groundTruth" / f"{name}.mat").boundaries
    expected = np.loadtxt(GOLDEN / f"eval-{thresholds}" / f"{name}_ev1.txt")
    counts = count(prediction, truth, even_thresholds(thresholds))
    np.testing.assert_allclose(counts.thresholds, expected[:, 0], atol=1e-6)
    np.testing.assert_allclose(columns(counts), expected[:, 1:], rtol=0.005)
    # Totals depend on thinning alone, which must be the original's own.
    np.testing.assert_array_equal(counts.total_recall, expected[:, 2])
    np.testing.assert_array_equal(counts.total_precision, expected[:, 4])


@pytest.mark.parametrize("seed", range(3))
def test_it_counts_as_scipy_does_one_threshold_and_annotator_at_a_time(seed, monkeypatch):
    monkeypatch.setattr(benchmark, "TOLERANCE", 0.025)
    prediction, truth = example(seed)
    thresholds = even_thresholds(9)
    counts = count(prediction, truth, thresholds)
    for threshold, pairs, total in zip(
        thresholds, counts.matched_recall, counts.total_precision, strict=True
    ):
        detected = thin(prediction >= threshold)
        assert pairs == sum(pairs_by_scipy(detected, one) for one in truth)
        assert total == detected.sum()


def test_a_detected_pixel_counts_once_for_all_annotators():
    prediction, truth = example()
    once = count(prediction, truth[:1], even_thresholds(9))
    twice = count(prediction, truth[[0, 0]], even_thresholds(9))
    np.testing.assert_array_equal(twice.matched_precision, once.matched_precision)
    np.testing.assert_array_equal(twice.matched_recall, 2 * once.matched_recall)


@pytest.mark.parametrize("axis", [0, 1])
def test_the_number_of_pairs_does_not_change_with_flips(axis):
    # Thinning is not symmetric, so the prediction is thin already.
    prediction, truth = example()
    prediction = thin(prediction > 0.2).astype(float)
    truth = np.stack([thin(one) for one in truth])
    counts = count(prediction, truth, np.array([0.5]))
    flipped = count(np.flip(prediction, axis), np.flip(truth, axis + 1), np.array([0.5]))
    assert flipped.total_recall == counts.total_recall
    assert flipped.matched_recall == pytest.approx(counts.matched_recall, abs=3)


def test_the_order_of_annotators_does_not_matter():
    prediction, truth = example(annotators=3)
    ordered, turned = (count(prediction, t, even_thresholds(9)) for t in (truth, truth[::-1]))
    np.testing.assert_array_equal(columns(ordered), columns(turned))


def test_thresholds_are_counted_independently():
    prediction, truth = example()
    prediction = np.round(prediction * 8) / 8  # so that many thresholds cut the same map
    together = count(prediction, truth, even_thresholds(40))
    alone = [count(prediction, truth, np.array([t])) for t in even_thresholds(40)]
    np.testing.assert_array_equal(columns(together), np.concatenate([columns(a) for a in alone]))


def test_it_counts_the_same_in_small_chunks(monkeypatch):
    prediction, truth = example()
    whole = count(prediction, truth, even_thresholds(20))
    monkeypatch.setattr(benchmark, "_CHUNK", 2000)
    np.testing.assert_array_equal(
        columns(count(prediction, truth, even_thresholds(20))), columns(whole)
    )


def test_a_perfect_prediction_matches_everything():
    _, truth = example(annotators=1)
    counts = count(truth[0].astype(float), truth, even_thresholds(3))
    np.testing.assert_array_equal(counts.recall, 1)
    np.testing.assert_array_equal(counts.precision, 1)


def test_nothing_detected_and_nothing_annotated_count_zero():
    prediction, truth = example()
    empty = count(np.zeros_like(prediction), truth, even_thresholds(3))
    assert not empty.total_precision.any()
    assert not empty.matched_recall.any()
    np.testing.assert_array_equal(empty.total_recall, truth.sum())
    np.testing.assert_array_equal(empty.precision, 0)
    bare = count(prediction, np.zeros_like(truth), even_thresholds(3))
    np.testing.assert_array_equal(bare.recall, 0)
    assert not bare.matched_precision.any()


def test_pixels_beyond_the_tolerance_do_not_match():
    prediction, truth = np.zeros((300, 400)), np.zeros((1, 300, 400), bool)  # radius 3.75
    prediction[100, 100], truth[0, 100, 103] = 1, True
    assert count(prediction, truth, np.array([0.5])).matched_recall == 1
    prediction[100, 100], prediction[100, 99] = 0, 1
    assert count(prediction, truth, np.array([0.5])).matched_recall == 0


def test_counts_add_up_only_at_the_same_thresholds():
    counts = count(*example(), even_thresholds(3))
    np.testing.assert_array_equal(columns(counts + counts), 2 * columns(counts))
    with pytest.raises(ValueError, match="different thresholds"):
        counts + count(*example(), even_thresholds(4))


def test_it_refuses_a_truth_of_another_size():
    prediction, truth = example()
    with pytest.raises(ValueError, match="does not fit"):
        count(prediction[1:], truth, even_thresholds(3))
    with pytest.raises(ValueError, match="does not fit"):
        count(prediction, truth[0], even_thresholds(3))
