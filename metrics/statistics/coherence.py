"""C of stimuli: a boundary detector and what it is compared with are the instrument."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from common.pictures import read_picture, resize_to_width
from metrics.statistics.base import Collection, Progress, Sample, Statistic, Value

if TYPE_CHECKING:
    from metrics.boundaries.coherence import Truth


class Coherence(Statistic):
    """Base C against the content picture (see metrics/boundaries/coherence.py).

    The truth is the human annotation of the content picture. Where there is none, it is what the
    detector finds in the content picture itself at the stimulus's width, the width at which the
    stimulus was made from it; the instrument's name says so. Unless a detector is named, it is the
    paper's own for annotated pictures and the quick one for all others.
    """

    key = "C"
    names = ("C",)
    reference = "content"
    lowest = 0.0
    highest = 1.0

    def __init__(self, detector: str | None) -> None:
        """Measure with the detector of that name, or with the default ones."""
        self.detector = detector
        self._names: dict[bool, str] = {}
        self._truth: tuple[tuple[Path, Path | int], Truth] | None = None

    @classmethod
    def add_options(cls, parser: argparse.ArgumentParser) -> None:
        """Add --detector."""
        from metrics.boundaries.detectors import DEFAULT_DETECTOR, DETECTORS, QUICK_DETECTOR

        parser.add_argument(
            "--detector",
            metavar="NAME",
            help=f"one of {', '.join(DETECTORS)} (default: {DEFAULT_DETECTOR} for content pictures "
            f"with human annotations, {QUICK_DETECTOR} for others)",
        )

    @classmethod
    def open(
        cls, options: Mapping[str, Any], collection: Collection, progress: Progress
    ) -> Coherence:
        """Choose the detector."""
        from metrics.boundaries.detectors import detector

        name = options.get("detector")
        if name:
            detector(name)  # an unknown name is refused before the work, not after it
        return cls(name)

    def instrument(self, sample: Sample) -> str:
        """Detector, matching and resizing rules, and whether people drew the truth."""
        from metrics.boundaries.coherence import instrument

        # Who made the truth is the same for all that people annotated, and for all others.
        annotated = sample.annotations is not None
        if annotated not in self._names:
            name = instrument(self._detector_for(sample), self._truth_of(sample))
            self._names[annotated] = name if annotated else f"{name} at the stimulus's width"
        return self._names[annotated]

    def measure(self, sample: Sample) -> dict[str, Value]:
        """C, with the threshold, recall and precision at which F is highest."""
        from metrics.boundaries.coherence import coherence

        stimulus, truth = read_picture(sample.image), self._truth_of(sample)
        found = coherence(stimulus, truth, self._detector_for(sample))
        details = {
            "threshold": found.threshold,
            "recall": found.recall,
            "precision": found.precision,
        }
        return {"C": Value(found.value, details)}

    def _detector_for(self, sample: Sample) -> str:
        from metrics.boundaries.detectors import DEFAULT_DETECTOR, QUICK_DETECTOR

        if self.detector:
            return self.detector
        return DEFAULT_DETECTOR if sample.annotations is not None else QUICK_DETECTOR

    def _truth_of(self, sample: Sample) -> Truth:
        from metrics.boundaries.coherence import detected_truth, human_truth

        key = (sample.reference, sample.annotations or sample.width)
        if self._truth is None or self._truth[0] != key:
            if sample.annotations is not None:
                truth = human_truth(sample.annotations)
            else:
                content = resize_to_width(read_picture(sample.reference), sample.width)
                truth = detected_truth(content, self._detector_for(sample))
            self._truth = key, truth
        return self._truth[1]
