"""Base C: how well a stimulus preserves the boundaries of its content (Yeh et al. 2020, section 4).

C is the highest F-measure, over 99 thresholds and interpolated between them, of the boundaries
detected in the stimulus against the human boundaries of its content picture. 0 … 1, higher is
better. The stimulus is first resized to the size of the annotation.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from common.annotations import read_annotations
from common.errors import InputError
from metrics.boundaries.benchmark import TOLERANCE, count, even_thresholds
from metrics.boundaries.detectors import DEFAULT_DETECTOR, detector
from metrics.boundaries.instrument import coherence_name
from metrics.boundaries.summary import best
from metrics.boundaries.thinning import thin

THRESHOLDS = 99
ASPECT_TOLERANCE = 0.01


@dataclass(frozen=True)
class Truth:
    """The boundaries of a content picture.

    Attributes:
        boundaries: (A, H, W) bool, one map for each annotator.
        source: `human`, or the detector and threshold that the boundaries come from.

    """

    boundaries: NDArray[np.bool_]
    source: str


@dataclass(frozen=True)
class Coherence:
    """C with its threshold, recall and precision. All in [0, 1]."""

    value: float
    threshold: float
    recall: float
    precision: float


def human_truth(path: Path) -> Truth:
    """The boundaries in a BSDS annotation (.mat).

    Raises:
        InputError: see `common.annotations.read_annotations`.

    """
    return Truth(read_annotations(path).boundaries, "human")


def detected_truth(content: Image.Image, detector_name: str) -> Truth:
    """The detected boundaries of a content picture without annotations.

    Boundaries are the strengths above the detector's usual threshold (the best for F over pictures
    with human annotations), thinned.

    Raises:
        InputError: an unknown detector.

    """
    found = detector(detector_name)
    cut = thin(found(content)[None] >= found.usual_threshold)
    return Truth(cut, f"{found.fingerprint}@{found.usual_threshold:g}")


def instrument_name(detector_name: str, truth: Truth) -> str:
    """A name for everything but the pictures that determines C: detector, benchmark, resizing,
    truth.

    Raises:
        InputError: an unknown detector.

    """
    return coherence_name(detector(detector_name).fingerprint, THRESHOLDS, TOLERANCE, truth.source)


def coherence(
    stimulus: Image.Image, truth: Truth, detector_name: str = DEFAULT_DETECTOR
) -> Coherence:
    """C of a stimulus (RGB) against the boundaries of its content picture; 0 without boundaries.

    Raises:
        InputError: an unknown detector, or the aspect ratios differ by more than 1 %.

    """
    find = detector(detector_name)
    _, height, width = truth.boundaries.shape
    aspect = stimulus.width * height / (stimulus.height * width)
    if abs(aspect - 1) > ASPECT_TOLERANCE:
        raise InputError(
            f"the stimulus is {stimulus.width}×{stimulus.height} but the boundaries of its content "
            f"are {width}×{height}: their aspect ratios differ by more than 1 %, so use a stimulus "
            "of the content's shape"
        )
    if stimulus.size != (width, height):
        stimulus = stimulus.resize((width, height), Image.Resampling.BILINEAR)
    found = best(count(find(stimulus), truth.boundaries, even_thresholds(THRESHOLDS)))
    return Coherence(found.f, found.threshold, found.recall, found.precision)
