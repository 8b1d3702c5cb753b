"""Measures C: a boundary detector, and the boundaries that it is compared with."""

from __future__ import annotations

import hashlib
from pathlib import Path

from common.errors import InputError, MachineError
from common.pictures import read_picture, resize_to_width
from metrics.boundaries.coherence import (
    Truth,
    coherence,
    detected_truth,
    human_truth,
    instrument_name,
)
from metrics.boundaries.detectors import DEFAULT_DETECTOR, QUICK_DETECTOR, detector, lacks
from metrics.statistics.base import (
    ANNOTATION_DIGITS,
    ANNOTATION_MARK,
    Instrument,
    Sample,
    Value,
    colour_part,
)


class CoherenceInstrument(Instrument):
    """Base C with one detector, or with the default ones.

    The truth is the human annotation of the content picture. For a content picture without one it
    consists of the boundaries detected in the content picture itself, resized to the stimulus's
    width (the width at which the stimulus was made from it); the instrument's name then says so.
    The default detector is the paper's for annotated pictures, and the quick one for others.
    """

    def __init__(
        self,
        detector_name: str | None = None,
        *,
        version: str | None = None,
        truth: str | None = None,
        number: str = "C",
    ) -> None:
        """Choose the detector and the truth.

        Args:
            detector_name: of the registry; None for the default ones.
            version: the fingerprint that the detector must have.
            truth: `human` refuses contents without annotations, `detected` ignores annotations;
                None takes human annotations where there are any.
            number: the name of what is measured.

        Raises:
            InputError: an unknown detector, or another version of it.
            MachineError: its weights are not installed.

        """
        if detector_name:
            found = detector(detector_name).fingerprint
            if version not in (None, found):
                raise InputError(
                    f"the model was measured with {version}, and this version has {found}: "
                    "calibrate on votes and measurements of this version"
                )
            if why := lacks(detector_name):
                raise MachineError(why)
        self.detector_name, self.truth, self.number = detector_name, truth, number
        self._names: dict[bool, str] = {}
        self._colours: dict[Path, str] = {}
        self._truth: tuple[tuple[Path, Path | int], Truth] | None = None

    def name(self, sample: Sample) -> str:
        """Detector, matching and resizing rules, and the truth: annotations by their SHA-256.

        Where it is detected in a content picture whose colours are converted, the rule of the
        conversion.

        Raises:
            InputError: the annotations cannot be read.

        """
        # Except for its last part, all annotated pictures have the same name, and all others too.
        annotations = self._annotations_of(sample)
        annotated = annotations is not None
        if annotated not in self._names:
            name = instrument_name(self._detector_for(sample), self._truth_of(sample))
            self._names[annotated] = name if annotated else f"{name} at the stimulus's width"
        if annotations is None:
            if sample.reference not in self._colours:
                self._colours[sample.reference] = colour_part(sample.reference)
            return self._names[annotated] + self._colours[sample.reference]
        return f"{self._names[annotated]}{ANNOTATION_MARK}{_digits(annotations)}"

    def measure(self, sample: Sample) -> dict[str, Value]:
        """C, with the threshold, recall and precision at which F is highest."""
        stimulus, truth = read_picture(sample.image), self._truth_of(sample)
        found = coherence(stimulus, truth, self._detector_for(sample))
        details = {
            "threshold": found.threshold,
            "recall": found.recall,
            "precision": found.precision,
        }
        return {self.number: Value(found.value, details)}

    def _detector_for(self, sample: Sample) -> str:
        if self.detector_name:
            return self.detector_name
        return DEFAULT_DETECTOR if sample.annotations is not None else QUICK_DETECTOR

    def _annotations_of(self, sample: Sample) -> Path | None:
        """The annotations that are the truth of a sample; None if the truth is detected."""
        if self.truth == "human" and sample.annotations is None:
            raise InputError(
                "the content has no human annotations, and the model's C compares with those: "
                "add annotations to the content picture"
            )
        return None if self.truth == "detected" else sample.annotations

    def _truth_of(self, sample: Sample) -> Truth:
        annotations = self._annotations_of(sample)
        key = (sample.reference, annotations or sample.width)
        if self._truth is None or self._truth[0] != key:
            if annotations is not None:
                truth = human_truth(annotations)
            else:
                content = resize_to_width(read_picture(sample.reference), sample.width)
                truth = detected_truth(content, self._detector_for(sample))
            self._truth = key, truth
        return self._truth[1]


def _digits(annotations: Path) -> str:
    try:
        content = annotations.read_bytes()
    except OSError as error:
        raise InputError(f"cannot read {annotations}: {error.strerror or error}") from None
    return hashlib.sha256(content).hexdigest()[:ANNOTATION_DIGITS]
