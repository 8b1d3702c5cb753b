"""The instrument of C: the boundaries that it compares with, and refusals."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from common.errors import InputError
from common.pictures import resize_to_width
from metrics.boundaries.coherence import coherence, detected_truth
from metrics.boundaries.detectors.gpb import GPb
from metrics.statistics.base import Collection, Instrument, Sample
from metrics.statistics.coherence import Coherence
from tests.metrics.pictures import textured

NOWHERE = Collection(contents=[], fingerprint="", width=72, data=Path("nowhere"))


def nothing(task: str, done: int, total: int) -> None:
    pass


@pytest.fixture
def instrument() -> Instrument:
    return Coherence.open({}, NOWHERE, nothing)


@pytest.fixture
def sample(tmp_path: Path) -> Sample:
    textured(1).save(tmp_path / "content.png")
    textured(2).save(tmp_path / "stimulus.png")
    return Sample(tmp_path / "stimulus.png", 72, tmp_path / "content.png")


def test_without_annotations_the_detector_gives_the_boundaries(
    instrument: Instrument, sample: Sample
) -> None:
    found = instrument.measure(sample)["C"]
    expected = coherence(textured(2), detected_truth(textured(1), "gaussian"), "gaussian")
    assert found.value == expected.value
    assert dict(found.details) == {
        "threshold": expected.threshold,
        "recall": expected.recall,
        "precision": expected.precision,
    }
    name = instrument.name(sample)
    assert "truth:gaussian" in name and name.endswith("stimulus's width") and len(name) <= 200


def test_a_content_is_most_coherent_with_itself(instrument: Instrument, sample: Sample) -> None:
    itself = Sample(sample.reference, 72, sample.reference)
    same = instrument.measure(itself)["C"].value
    other = instrument.measure(sample)["C"].value
    assert same is not None and other is not None and same > other


def test_a_large_content_is_resized_to_the_stimulus(
    instrument: Instrument, sample: Sample, tmp_path: Path
) -> None:
    textured(1, 288, 256).save(tmp_path / "large.png")
    resize_to_width(textured(1, 288, 256), 72).save(tmp_path / "small.png")
    large = Sample(sample.image, 72, tmp_path / "large.png")
    small = Sample(sample.image, 72, tmp_path / "small.png")
    assert instrument.measure(large) == instrument.measure(small)


def test_an_unknown_detector_is_refused_before_the_work() -> None:
    with pytest.raises(InputError, match="unknown boundary detector 'sobel'"):
        Coherence.open({"detector": "sobel"}, NOWHERE, nothing)


def test_another_shape_is_refused(instrument: Instrument, sample: Sample, tmp_path: Path) -> None:
    textured(3, 96, 64).save(tmp_path / "wide.png")
    with pytest.raises(InputError, match="aspect ratios differ"):
        instrument.measure(Sample(tmp_path / "wide.png", 96, sample.reference))


@pytest.mark.golden
def test_with_annotations_they_are_the_truth(instrument: Instrument, shared: Path) -> None:
    data = shared / "data" / "bsds500"
    content = data / "images" / "test" / "101084.jpg"
    annotations = data / "groundTruth" / "test" / "101084.mat"
    sample = Sample(content, 481, content, annotations)
    assert instrument.name(sample).startswith(f"gpb-{GPb.version}:")
    digest = hashlib.sha256(annotations.read_bytes()).hexdigest()
    assert instrument.name(sample).endswith(f"truth:human annotation:{digest[:16]}")
    named = Coherence.open({"detector": "gaussian"}, NOWHERE, nothing)
    assert named.name(sample).startswith("gaussian-1:")
    missing = Sample(content, 481, content, annotations.with_name("none.mat"))
    with pytest.raises(InputError, match=r"none\.mat"):
        instrument.measure(missing)
