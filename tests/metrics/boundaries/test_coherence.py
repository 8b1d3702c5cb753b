"""Base C: range, resizing, refusals, and the truth without annotations."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from common.errors import InputError
from metrics.boundaries.coherence import (
    Truth,
    coherence,
    detected_truth,
    human_truth,
    instrument_name,
)
from tests.conftest import SHARED
from tests.metrics.boundaries.each import each_detector
from tests.metrics.boundaries.shapes import (
    SIDE,
    edges_of,
    square_labels,
    square_picture,
    write_annotation,
)

SIMPLE = "gaussian"


@pytest.fixture
def truth() -> Truth:
    return Truth(edges_of(square_labels())[None], "human")


def test_the_content_itself_is_coherent_and_noise_is_less_so(truth):
    pixels = np.random.default_rng(0).integers(0, 256, (SIDE, SIDE, 3), np.uint8)
    content = coherence(square_picture(), truth, SIMPLE)
    noise = coherence(Image.fromarray(pixels), truth, SIMPLE)
    assert content.value > 0.8
    assert 0 < noise.value < content.value - 0.2


def test_c_is_the_f_measure_of_its_recall_and_precision(truth):
    found = coherence(square_picture(noise=60), truth, SIMPLE)
    f = 2 * found.recall * found.precision / (found.recall + found.precision)
    assert found.value == pytest.approx(f)
    assert 0.01 <= found.threshold <= 0.99


def test_more_noise_is_less_coherent(truth):
    values = [coherence(square_picture(noise=n), truth, SIMPLE).value for n in (5, 120, 400)]
    assert values == sorted(values, reverse=True)


@pytest.mark.parametrize("name", each_detector())
def test_a_constant_picture_has_no_coherence(truth, name):
    found = coherence(Image.new("RGB", (SIDE, SIDE), "teal"), truth, name)
    assert (found.value, found.recall, found.precision) == (0, 0, 0)


def test_a_truth_without_boundaries_gives_zero():
    empty = Truth(np.zeros((2, SIDE, SIDE), bool), "human")
    assert coherence(square_picture(), empty, SIMPLE).value == 0


def test_a_stimulus_is_resized_to_the_truth(truth):
    large = square_picture().resize((3 * SIDE, 3 * SIDE), Image.Resampling.NEAREST)
    resized = large.resize((SIDE, SIDE), Image.Resampling.BILINEAR)
    assert coherence(large, truth, SIMPLE) == coherence(resized, truth, SIMPLE)


@pytest.mark.parametrize(("width", "accepted"), [(400, True), (403, True), (396, False)])
def test_an_aspect_ratio_more_than_one_percent_off_is_refused(width, accepted):
    truth = Truth(np.zeros((1, 300, 400), bool), "human")
    image = Image.new("RGB", (width, 300 if width != 396 else 303))
    if accepted:
        assert coherence(image, truth, SIMPLE).value == 0
    else:
        with pytest.raises(InputError, match="aspect ratios differ by more than 1 %"):
            coherence(image, truth, SIMPLE)


def test_human_truth_has_all_annotators(tmp_path):
    path = write_annotation(tmp_path / "a.mat", [square_labels(), square_labels()])
    found = human_truth(path)
    assert found.source == "human"
    assert found.boundaries.shape == (2, SIDE, SIDE)


def test_without_annotations_the_detector_gives_the_truth(truth):
    content = square_picture()
    stand_in = detected_truth(content, SIMPLE)
    assert stand_in.boundaries.shape == (1, SIDE, SIDE)
    assert coherence(content, stand_in, SIMPLE).value > 0.99
    name = instrument_name(SIMPLE, stand_in)
    assert "truth:gaussian-1:" in name
    assert "@0.52" in name
    assert name != instrument_name(SIMPLE, truth)


def test_the_instrument_names_detector_benchmark_resize_rule_and_truth(truth):
    name = instrument_name(SIMPLE, truth)
    assert name.startswith("gaussian-1:")
    assert "resize:bilinear-to-truth truth:human" in name
    assert len(name) <= 200


def test_a_constant_content_has_no_detected_truth():
    content = Image.new("RGB", (40, 30), "teal")
    stand_in = detected_truth(content, SIMPLE)
    assert not stand_in.boundaries.any()
    assert coherence(content, stand_in, SIMPLE).value == 0


def test_an_unknown_detector_is_refused(truth):
    for call in (
        lambda: coherence(square_picture(), truth, "none"),
        lambda: detected_truth(square_picture(), "none"),
        lambda: instrument_name("none", truth),
    ):
        with pytest.raises(InputError, match="unknown boundary detector 'none'"):
            call()


@pytest.mark.golden
def test_a_photograph_is_coherent_with_its_annotations():
    folder = SHARED / "golden" / "boundaries"
    truth = human_truth(folder / "groundTruth" / "3063.mat")
    image = Image.open(folder / "images" / "3063.jpg")
    small = image.resize((240, 160), Image.Resampling.BILINEAR)
    found = coherence(small, truth, SIMPLE)
    assert 0.5 < found.value < 1
