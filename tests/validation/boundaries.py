"""A boundary detector against people and against the original gPb-OWT-UCM, over BSDS500's test set.

`python -m tests.validation.boundaries DETECTOR --data FOLDER --maps FOLDER` prints one JSON object
per check and exits 1 if one is missed. Maps and counts are kept in the second folder under the
detector's fingerprint, so a stopped run can be resumed.

The originals are the authors' own outputs (`ucm2/test`, double resolution), of which the picture's
pixels are `[2::2, 2::2]`. C is the best F of one picture; correlations of maps are taken over all
pixels of a picture.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence
from functools import reduce
from operator import add
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.io import loadmat
from scipy.ndimage import gaussian_filter
from tqdm import tqdm

from common.annotations import read_annotations
from metrics.boundaries.benchmark import Counts, count, even_thresholds
from metrics.boundaries.detectors import DETECTORS, detector
from metrics.boundaries.maps import read_map, write_map
from metrics.boundaries.summary import (
    area_under_curve,
    best,
    optimal_dataset_scale,
    optimal_image_scale,
)

THRESHOLDS = even_thresholds(99)
Map = NDArray[np.floating]

# The required values, for the detector that reproduces the original.
ODS_BELOW_ORIGINAL, C_APART, C_CORRELATION, MAP_CORRELATION, ODS_OF_ALL = (
    0.015,
    0.03,
    0.85,
    0.75,
    0.70,
)


class Source:
    """Boundary maps of test pictures and their counts, each computed once and stored."""

    def __init__(self, make: Callable[[str], Map], truths: Path, folder: Path) -> None:
        """Store what `make` returns for a picture's name in `folder`."""
        self._make, self._truths, self._folder = make, truths, folder
        folder.mkdir(parents=True, exist_ok=True)

    def map_of(self, name: str) -> Map:
        """The map (H, W), as its 16-bit file holds it."""
        path = self._folder / f"{name}.png"
        if not path.exists():
            write_map(self._make(name), path)
        return read_map(path)

    def counts_of(self, name: str) -> Counts:
        """Its counts against all annotators."""
        path = self._folder / f"{name}.npy"
        if not path.exists():
            truth = read_annotations(self._truths / f"{name}.mat").boundaries
            found = count(self.map_of(name), truth, THRESHOLDS)
            columns = (
                found.matched_recall,
                found.total_recall,
                found.matched_precision,
                found.total_precision,
            )
            np.save(path, np.stack(columns))
        return Counts(THRESHOLDS, *np.load(path))


def quality(pictures: Sequence[Counts]) -> dict[str, float]:
    """ODS, OIS and AP over pictures."""
    return {
        "ODS": optimal_dataset_scale(pictures).f,
        "threshold": optimal_dataset_scale(pictures).threshold,
        "OIS": optimal_image_scale(pictures),
        "AP": area_under_curve(reduce(add, pictures)),
    }


def against_originals(ours: Source, originals: Source, names: Sequence[str]) -> dict[str, object]:
    """The similarity of the maps of `ours` to the originals, and the quality of both."""
    our_counts = [ours.counts_of(name) for name in tqdm(names, "detector", disable=None)]
    their_counts = [originals.counts_of(name) for name in tqdm(names, "originals", disable=None)]
    c = np.array([best(counts).f for counts in our_counts])
    theirs = np.array([best(counts).f for counts in their_counts])
    pairs = [(ours.map_of(name), originals.map_of(name)) for name in names]
    alike = [_correlation(*pair) for pair in pairs]
    nearly = [_correlation(*(gaussian_filter(one, 1.0) for one in pair)) for pair in pairs]
    apart = float(np.abs(c - theirs).mean())
    correlation = float(np.corrcoef(c, theirs)[0, 1])
    found, original = quality(our_counts), quality(their_counts)
    return {
        "name": "against the originals",
        "pictures": len(names),
        "detector": found,
        "original": original,
        "mean difference of C": float((c - theirs).mean()),
        "mean distance of C": apart,
        "correlation of C": correlation,
        "mean correlation of maps": float(np.mean(alike)),
        "mean correlation of maps smoothed by one pixel": float(np.mean(nearly)),
        "met": found["ODS"] >= original["ODS"] - ODS_BELOW_ORIGINAL
        and apart <= C_APART
        and correlation >= C_CORRELATION
        and float(np.mean(alike)) >= MAP_CORRELATION,
    }


def _correlation(one: Map, other: Map) -> float:
    return float(np.corrcoef(one.ravel(), other.ravel())[0, 1])


def against_people(ours: Source, names: Sequence[str]) -> dict[str, object]:
    """The quality of the maps of `ours`."""
    found = quality([ours.counts_of(name) for name in tqdm(names, "all", disable=None)])
    return {
        "name": "against people",
        "pictures": len(names),
        "detector": found,
        "met": found["ODS"] >= ODS_OF_ALL,
    }


def original(path: Path) -> Map:
    """An original output at the picture's size."""
    doubled: Map = loadmat(path)["ucm2"]
    return doubled[2::2, 2::2]


def sources(name: str, data: Path, maps: Path) -> tuple[Source, Source]:
    """The maps of the detector of that name, and of the originals."""
    find = detector(name)
    truths = data / "groundTruth" / "test"

    def detect(picture: str) -> Map:
        return find(Image.open(data / "images" / "test" / f"{picture}.jpg"))

    def authors(picture: str) -> Map:
        return original(data / "ucm2" / "test" / f"{picture}.mat")

    folder = maps / find.fingerprint.replace(":", "-")
    return Source(detect, truths, folder), Source(authors, truths, maps / "originals")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("detector", choices=DETECTORS)
    parser.add_argument("--data", type=Path, default=Path("../shared/data/bsds500"))
    parser.add_argument("--maps", type=Path, required=True, help="folder for maps and counts")
    parser.add_argument(
        "--some", type=int, metavar="N", help="N pictures that have an original, and no others"
    )
    options = parser.parse_args()
    ours, originals = sources(options.detector, options.data, options.maps)
    with_original = sorted(path.stem for path in (options.data / "ucm2" / "test").glob("*.mat"))
    everything = sorted(path.stem for path in (options.data / "images" / "test").glob("*.jpg"))
    began = time.monotonic()
    results = [against_originals(ours, originals, with_original[: options.some])]
    if options.some is None:
        results.append(against_people(ours, everything))
    fingerprint = detector(options.detector).fingerprint
    for result in results:
        sys.stdout.write(json.dumps({"fingerprint": fingerprint, **result}) + "\n")
    sys.stderr.write(f"{time.monotonic() - began:.0f} s\n")
    return 0 if all(result["met"] for result in results) else 1


if __name__ == "__main__":
    sys.exit(main())
