"""The boundary benchmark of BSDS500: precision and recall against human boundaries.

Martin, Fowlkes and Malik, "Learning to detect natural image boundaries using local brightness,
color, and texture cues", TPAMI 26(5), 2004; Arbeláez, Maire, Fowlkes and Malik, "Contour detection
and hierarchical image segmentation", TPAMI 33(5), 2011, section 3. At each threshold the map is
made binary and thinned, and its pixels are matched one to one with those of each annotator, at
distances up to `TOLERANCE` of the diagonal. The original program minimises the distance of the
assignment; a matching of maximum cardinality gives its counts to about 0.1 %.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from metrics.boundaries.matching import FREE, Indices, maximum_matching
from metrics.boundaries.thinning import thin

TOLERANCE = 0.0075  # of the diagonal; the default of the benchmark
_CHUNK = 6_000_000  # edges that are matched at once; limits the memory


@dataclass(frozen=True)
class Counts:
    """Counts of pixels at each threshold (T,), summed over annotators and possibly pictures.

    Recall counts the annotated pixels of each annotator separately. Precision counts detected
    pixels; a pixel is matched if it is matched with any annotator.
    """

    thresholds: NDArray[np.float64]
    matched_recall: NDArray[np.int64]
    total_recall: NDArray[np.int64]
    matched_precision: NDArray[np.int64]
    total_precision: NDArray[np.int64]

    @property
    def recall(self) -> NDArray[np.float64]:
        """Share of annotated pixels that were detected (T,); 0 without annotated pixels."""
        return self.matched_recall / np.maximum(self.total_recall, 1)

    @property
    def precision(self) -> NDArray[np.float64]:
        """Share of detected pixels that are annotated (T,); 0 without detected pixels."""
        return self.matched_precision / np.maximum(self.total_precision, 1)

    def __add__(self, other: Counts) -> Counts:
        if not np.array_equal(self.thresholds, other.thresholds):
            raise ValueError("counts at different thresholds cannot be added")
        return Counts(
            self.thresholds,
            self.matched_recall + other.matched_recall,
            self.total_recall + other.total_recall,
            self.matched_precision + other.matched_precision,
            self.total_precision + other.total_precision,
        )


def even_thresholds(number: int) -> NDArray[np.float64]:
    """The benchmark's thresholds k / (number + 1), k = 1 … number.

    Rounded as by `linspace`, because the last bit matters where a strength equals a threshold.
    """
    return np.linspace(1 / (number + 1), 1 - 1 / (number + 1), number)


def count(
    prediction: NDArray[np.floating], truth: NDArray[np.bool_], thresholds: NDArray[np.float64]
) -> Counts:
    """Compare a boundary map (H, W), strengths in [0, 1], with annotated boundaries (A, H, W).

    A pixel is detected at a threshold if its strength is not below it.

    Raises:
        ValueError: the sizes differ.

    """
    if truth.ndim != 3 or truth.shape[1:] != prediction.shape:
        raise ValueError(f"truth {truth.shape} does not fit the prediction {prediction.shape}")
    thinned, row_of_threshold = _thinned_maps(prediction, thresholds)
    matched_recall = np.zeros(len(thinned), np.int64)
    hit = np.zeros_like(thinned)
    for boundaries in truth:
        matched_recall += _match(thinned, boundaries, hit)
    total_recall = np.full(len(thresholds), np.count_nonzero(truth), np.int64)
    return Counts(
        np.asarray(thresholds, np.float64),
        matched_recall[row_of_threshold],
        total_recall,
        hit.sum(axis=(1, 2))[row_of_threshold],
        thinned.sum(axis=(1, 2))[row_of_threshold],
    )


def _thinned_maps(
    prediction: NDArray[np.floating], thresholds: NDArray[np.float64]
) -> tuple[NDArray[np.bool_], NDArray[np.intp]]:
    """The distinct thinned maps (K, H, W), and the index of each threshold's map (T,)."""
    # Two thresholds without a strength between them give the same map.
    above = np.searchsorted(np.unique(prediction), thresholds)
    _, first, cut_of_threshold = np.unique(above, return_index=True, return_inverse=True)
    thinned = thin(prediction >= thresholds[first][:, None, None])
    packed = np.packbits(thinned.reshape(len(thinned), -1), axis=1)
    _, first, map_of_cut = np.unique(packed, axis=0, return_index=True, return_inverse=True)
    return thinned[first], map_of_cut.reshape(-1)[cut_of_threshold]


def _match(
    maps: NDArray[np.bool_], boundaries: NDArray[np.bool_], hit: NDArray[np.bool_]
) -> NDArray[np.int64]:
    """Match each map (K, H, W) with one annotator's boundaries (H, W); count the pairs (K,).

    Matched detected pixels are marked in `hit` (K, H, W).
    """
    pixels = np.flatnonzero(maps.any(axis=0))  # detected in any map; neighbours are searched once
    present = maps.reshape(len(maps), -1)[:, pixels]
    annotated, detected = _neighbours(boundaries, pixels)
    hit_pixels = hit.reshape(len(hit), -1)
    pairs = np.zeros(len(maps), np.int64)
    few = present.sum(axis=1) < np.count_nonzero(boundaries)
    for chunk in _chunks(few, max(1, annotated.size)):
        row, edge = np.nonzero(present[chunk][:, detected])
        left = row * np.count_nonzero(boundaries) + annotated[edge]
        right = row * pixels.size + detected[edge]
        # The trees of the matching grow from the left side, which should be the smaller one.
        matched = _matched(right, left)[0] if few[chunk[0]] else _matched(left, right)[1]
        row, pixel = np.divmod(matched, pixels.size)
        pairs[chunk] = np.bincount(row, minlength=chunk.size)
        hit_pixels[chunk[row], pixels[pixel]] = True
    return pairs


def _chunks(few: NDArray[np.bool_], edges: int) -> Iterator[NDArray[np.intp]]:
    """Divide the maps into groups of one kind that fit the memory; each has at most `edges`."""
    step = max(1, _CHUNK // edges)
    for kind in (np.flatnonzero(few), np.flatnonzero(~few)):
        for start in range(0, kind.size, step):
            yield kind[start : start + step]


def _neighbours(
    boundaries: NDArray[np.bool_], pixels: NDArray[np.intp]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Pairs within the tolerance, nearest first: annotated pixel (E,), index in `pixels` (E,)."""
    H, W = boundaries.shape
    radius = TOLERANCE * float(np.hypot(H, W))
    reach = int(radius)
    number = np.full((H + 2 * reach, W + 2 * reach), -1, np.intp)
    number[pixels // W + reach, pixels % W + reach] = np.arange(pixels.size)
    rows, columns = np.nonzero(boundaries)
    dy, dx = np.mgrid[-reach : reach + 1, -reach : reach + 1].reshape(2, -1)
    square = dy**2 + dx**2
    nearest = np.argsort(square, kind="stable")
    nearest = nearest[square[nearest] <= radius**2]
    found = number[rows + dy[nearest, None] + reach, columns + dx[nearest, None] + reach]
    _, annotated = np.nonzero(found >= 0)
    return annotated, found[found >= 0]


def _matched(left: NDArray[np.intp], right: NDArray[np.intp]) -> tuple[NDArray[np.intp], ...]:
    """The matched vertices of each side, for edges between arbitrarily numbered vertices."""
    (left_names, left_numbers), (right_names, right_numbers) = _compact(left), _compact(right)
    matching = maximum_matching(left_numbers, right_numbers, left_names.size, right_names.size)
    return left_names[matching.left != FREE], right_names[matching.right != FREE]


def _compact(names: NDArray[np.intp]) -> tuple[NDArray[np.intp], Indices]:
    """The distinct names (M,), ascending, and the index of each name in this list."""
    present = np.zeros(names.max(initial=-1) + 1, np.bool_)
    present[names] = True
    return np.flatnonzero(present), (np.cumsum(present, dtype=np.int32) - 1)[names]
