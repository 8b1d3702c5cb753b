"""The boundary detectors and the boundary benchmark, for a picture of 481 × 321 pixels.

A detector's reference is the bare filter bank of the texture channel; the benchmark's is a loop of
scikit-image's `thin` and scipy's matching over every tenth threshold, taken tenfold.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import numpy as np
import torch
from PIL import Image
from scipy.sparse import csr_array
from scipy.sparse.csgraph import maximum_bipartite_matching
from scipy.spatial import KDTree
from skimage.data import coffee
from skimage.morphology import thin

from metrics.boundaries.benchmark import TOLERANCE, count, even_thresholds
from metrics.boundaries.detectors import detector, installed
from metrics.boundaries.gpb.channels import filter_bank

SIZE = (481, 321)
THRESHOLDS = even_thresholds(99)


def benchmarks() -> Iterator[dict[str, object]]:
    picture = Image.fromarray(coffee()).resize(SIZE, Image.Resampling.BILINEAR)
    floor = _seconds(lambda: _filter(picture))
    maps = {}
    for name in installed():
        find = detector(name)
        find(picture)  # imports and kernels are made once
        maps[name], ours = _timed(lambda: find(picture))  # noqa: B023
        yield _row(f"boundaries/{name} ÷ texton filters, 481×321", ours, floor)
    # Five annotators: the contours of one map at five thresholds.
    truth = thin_each(maps["gpb"][None] >= np.linspace(0.1, 0.5, 5)[:, None, None])
    strength = maps["mpb"]
    count(strength, truth, THRESHOLDS[::30])
    ours = _seconds(lambda: count(strength, truth, THRESHOLDS))
    reference = 10 * _seconds(lambda: _loop(strength, truth))
    yield _row("boundaries/benchmark@99 thresholds, 5 annotators", ours, reference)


def thin_each(maps: np.ndarray) -> np.ndarray:
    return np.stack([thin(one) for one in maps])


def _filter(picture: Image.Image) -> None:
    grey = torch.from_numpy(np.asarray(picture.convert("L"), np.float32))[None, None]
    with torch.inference_mode():
        torch.nn.functional.conv2d(grey, filter_bank()[:, None], padding="same")


def _loop(strength: np.ndarray, truth: np.ndarray) -> None:
    radius = TOLERANCE * float(np.hypot(*strength.shape))
    for threshold in THRESHOLDS[::10]:
        found = np.argwhere(thin(strength >= threshold))
        for boundaries in truth:
            drawn = np.argwhere(boundaries)
            if not len(found) or not len(drawn):
                continue
            near = KDTree(drawn).query_ball_tree(KDTree(found), radius)
            starts = np.cumsum([0, *map(len, near)])
            places = np.concatenate([np.asarray(one, np.int32) for one in near]).astype(np.int32)
            values = np.ones(places.size, np.int8)
            graph = csr_array((values, places, starts), (len(drawn), len(found)))
            maximum_bipartite_matching(graph)


def _timed(work: Callable[[], np.ndarray]) -> tuple[np.ndarray, float]:
    start = time.perf_counter()
    result = work()
    return result, time.perf_counter() - start


def _seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _row(name: str, ours: float, reference: float) -> dict[str, object]:
    return {
        "name": name,
        "ratio": ours / reference,
        "ours": ours,
        "reference": reference,
        "unit": "s",
    }
