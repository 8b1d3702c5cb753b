"""Base C: how well a stimulus keeps the boundaries of its content picture (seed 000, section 4).

C is the highest F-measure, over 99 thresholds and interpolated between them, of the boundaries
detected in the stimulus against those that people drew on its content picture. 0 … 1, higher is
better. The stimulus is first resized to the annotation's size.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from common.errors import InputError
from metrics.boundaries.benchmark import TOLERANCE, count, even_thresholds
from metrics.boundaries.bsds import read_annotations
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
        source: who says so: `human`, or the detector and threshold that stand in for people.

    """

    boundaries: NDArray[np.bool_]
    source: str


@dataclass(frozen=True)
class Coherence:
    """C, and the threshold, recall and precision at which it is reached. All in [0, 1]."""

    value: float
    threshold: float
    recall: float
    precision: float


def human_truth(path: Path) -> Truth:
    """The boundaries in a BSDS annotation (.mat).

    Raises:
        InputError: the file is missing or is not such an annotation.

    """
    return Truth(read_annotations(path).boundaries, "human")


def detected_truth(content: Image.Image, detector_name: str) -> Truth:
    """The detector's own boundaries of a content picture that nobody annotated.

    They are cut at the detector's usual threshold, the best one for F on pictures with human
    annotations, and thinned.

    Raises:
        InputError: an unknown detector.

    """
    found = detector(detector_name)
    cut = thin(found(content)[None] >= found.usual_threshold)
    return Truth(cut, f"{found.fingerprint}@{found.usual_threshold:g}")


def instrument(detector_name: str, truth: Truth) -> str:
    """Everything that decides C but the pictures: detector, benchmark, resize rule and truth.

    Raises:
        InputError: an unknown detector.

    """
    return coherence_name(detector(detector_name).fingerprint, THRESHOLDS, TOLERANCE, truth.source)


def coherence(
    stimulus: Image.Image, truth: Truth, detector_name: str = DEFAULT_DETECTOR
) -> Coherence:
    """C of a stimulus (RGB) against the boundaries of its content picture.

    A stimulus or a truth without any boundary has C = 0.

    Raises:
        InputError: an unknown detector, or the aspect ratios differ by more than 1 %.

    """
    find = detector(detector_name)
    _, height, width = truth.boundaries.shape
    aspect = stimulus.width * height / (stimulus.height * width)
    if abs(aspect - 1) > ASPECT_TOLERANCE:
        raise InputError(
            f"the picture is {stimulus.width}×{stimulus.height} but the boundaries are "
            f"{width}×{height}: their aspect ratios differ by more than 1 %, use the annotation "
            "of the picture's own content"
        )
    if stimulus.size != (width, height):
        stimulus = stimulus.resize((width, height), Image.Resampling.BILINEAR)
    found = best(count(find(stimulus), truth.boundaries, even_thresholds(THRESHOLDS)))
    return Coherence(found.f, found.threshold, found.recall, found.precision)
