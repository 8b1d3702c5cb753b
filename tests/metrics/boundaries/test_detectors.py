"""Properties of every detector of the registry, and what each is expected to detect."""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace

import numpy as np
import pytest
from PIL import Image

from common.errors import InputError
from metrics.boundaries.benchmark import count, even_thresholds
from metrics.boundaries.detectors import DEFAULT_DETECTOR, DETECTORS, detector
from metrics.boundaries.summary import best
from tests.metrics.boundaries.each import HED, each_detector
from tests.metrics.boundaries.shapes import SIDE, edges_of, square_labels, square_picture

EVERY = pytest.mark.parametrize("name", each_detector())


def noise(width: int, height: int, mode: str = "RGB") -> Image.Image:
    pixels = np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)
    return Image.fromarray(pixels).convert(mode)


@EVERY
@pytest.mark.parametrize(
    "image",
    [
        noise(48, 40),
        noise(48, 40, "L"),
        noise(32, 32),
        noise(32, 97),
        Image.new("RGB", (40, 50), (200, 30, 90)),
        Image.new("RGB", (40, 50), "black"),
        Image.new("RGB", (40, 50), "white"),
    ],
    ids=["noise", "grey", "tiny", "narrow", "constant", "black", "white"],
)
def test_strengths_are_finite_and_in_range_for_any_picture(name, image):
    strength = detector(name)(image)
    assert strength.shape == (image.height, image.width)
    assert strength.dtype == np.float32
    assert np.isfinite(strength).all()
    assert strength.min() >= 0
    assert strength.max() <= 1


@EVERY
@pytest.mark.parametrize("colour", [(200, 30, 90), (0, 0, 0), (255, 255, 255), (7, 7, 7)])
def test_a_constant_picture_has_no_boundary(name, colour):
    assert not detector(name)(Image.new("RGB", (48, 36), colour)).any()


@EVERY
def test_the_same_picture_gives_the_same_map_bit_for_bit(name):
    image = square_picture()
    np.testing.assert_array_equal(detector(name)(image), detector(name)(image))


@EVERY
def test_maps_do_not_depend_on_the_batch(name):
    images = [square_picture(), noise(SIDE, SIDE), noise(48, 40), noise(48, 40, "L"), noise(40, 48)]
    found = detector(name)
    together = list(found.many(images))
    assert len(together) == len(images)
    for image, strength in zip(images, together, strict=True):
        np.testing.assert_allclose(strength, found(image), atol=1e-4)


def test_a_picture_with_more_pixels_than_nodes_uses_a_coarser_grid():
    coarse = replace(detector("gpb"), nodes=SIDE * SIDE // 6)(square_picture())
    assert coarse.shape == (SIDE, SIDE)
    assert np.isfinite(coarse).all()
    assert 0 <= coarse.min() <= coarse.max() <= 1
    truth = edges_of(square_labels())[None]
    # The bound that gpb has with the whole graph, below.
    assert best(count(coarse, truth, even_thresholds(33))).f > 0.6


@pytest.mark.parametrize(
    ("name", "least"),
    # A picture as simple as this has fewer parts than gpb has eigenvectors: the rest of them cut
    # flat ground somewhere, and more of what is found is wrong.
    [("gaussian", 0.8), ("mpb", 0.8), ("gpb", 0.6), pytest.param("hed", 0.8, marks=HED)],
)
def test_it_detects_a_square(name, least):
    truth = edges_of(square_labels())[None]
    found = best(count(detector(name)(square_picture()), truth, even_thresholds(33)))
    assert found.f > least
    assert found.recall > 0.8


@EVERY
def test_colour_alone_is_a_boundary(name):
    # Two greens and reds of one luminance: a detector of brightness sees nothing here.
    pixels = np.zeros((SIDE, SIDE, 3), np.uint8)
    pixels[:, : SIDE // 2], pixels[:, SIDE // 2 :] = (220, 90, 90), (60, 146, 60)
    strength = detector(name)(Image.fromarray(pixels))
    middle = strength[8:-8, SIDE // 2 - 2 : SIDE // 2 + 2].max(axis=1)
    assert (middle > 0).all()
    assert middle.min() > 2 * strength[:, : SIDE // 2 - 8].max()


@pytest.mark.parametrize(
    ("name", "apart"),
    # The eigenvectors of a picture as symmetric as this are not unique: they add soft contours
    # to gPb that its mirror image lacks.
    [("gaussian", 0.12), ("mpb", 0.12), ("gpb", 0.25), pytest.param("hed", 0.12, marks=HED)],
)
def test_a_mirrored_picture_gives_nearly_the_mirrored_map(name, apart):
    image = square_picture()
    strength = detector(name)(image)
    mirrored = detector(name)(image.transpose(Image.Transpose.FLIP_LEFT_RIGHT))
    # An edge lies at the left of its two pixels, in either picture.
    truth, other_truth = (
        edges_of(labels)[None] for labels in (square_labels(), square_labels()[:, ::-1])
    )
    one = best(count(strength, truth, even_thresholds(20))).f
    other = best(count(mirrored, other_truth, even_thresholds(20))).f
    assert one == pytest.approx(other, abs=apart)


@EVERY
def test_name_version_and_every_parameter_are_in_the_fingerprint(name):
    found = detector(name)
    assert is_dataclass(found)
    assert found.fingerprint.startswith(f"{name}-{found.version}:")
    assert found.fingerprint == detector(name).fingerprint
    assert 0 < found.usual_threshold < 1
    for field in fields(found):
        value = getattr(found, field.name)
        changed = (*value, 1) if isinstance(value, tuple) else f"{value}1"
        other = replace(found, **{field.name: changed})
        assert other.fingerprint != found.fingerprint, field.name


def test_an_unknown_detector_is_refused_with_the_names_known():
    with pytest.raises(InputError, match="unknown boundary detector 'canny'.*gaussian"):
        detector("canny")


def test_the_default_is_one_of_them():
    assert DEFAULT_DETECTOR in DETECTORS
