"""Statistics as instruments: identity, symmetry, direction, pictures that are hard to compare."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFilter

from common.errors import InputError
from metrics.statistics import OTHER_STATISTICS, every_statistic, statistic
from metrics.statistics.base import Collection, Sample
from metrics.statistics.coherence_by import COHERENCE_BY
from metrics.statistics.comparison import NetworkStatistic
from metrics.statistics.instruments import comparison
from tests.metrics.pictures import small_encoder, textured
from tests.metrics.statistics.cases import pairs

NOWHERE = Collection(contents=[], fingerprint="", width=72, data=Path("nowhere"))
KEYS = sorted(OTHER_STATISTICS.keys() - COHERENCE_BY.keys())
PACKAGED = [key for key in KEYS if issubclass(statistic(key), NetworkStatistic)]
INSTALLED = [key for key in KEYS if not statistic(key).lacks()]
EACH = pytest.mark.parametrize(
    "key", [pytest.param(k, marks=pytest.mark.extras) if k in PACKAGED else k for k in KEYS]
)
ONE_SIDED = ("vif", "cfsd")


@pytest.fixture
def instrument():
    return lambda key: statistic(key).open({}, NOWHERE, lambda *progress: None)


@pytest.fixture
def save(tmp_path):
    def write(name: str, image: Image.Image) -> Path:
        path = tmp_path / f"{name}.png"
        image.save(path)
        return path

    return write


def numbers(found):
    return {name: value.value for name, value in found.items()}


def sample(image: Path, reference: Path) -> Sample:
    return Sample(image, Image.open(image).width, reference)


@EACH
def test_a_picture_is_nearest_to_itself(instrument, save, key):
    stimulus, reference = (save(name, image) for name, image in zip("ab", pairs()[2], strict=True))
    measuring = instrument(key)
    same = numbers(measuring.measure(sample(reference, reference)))
    other = numbers(measuring.measure(sample(stimulus, reference)))
    for name, value in same.items():
        if statistic(key).higher_is_better:
            assert value == pytest.approx(1, abs=1e-9)
            assert other[name] < value
        else:
            assert value == pytest.approx(0, abs=1e-6)
            assert other[name] > value


@EACH
def test_the_two_pictures_may_be_exchanged_or_not(instrument, save, key):
    one, other = (save(name, image) for name, image in zip("ab", pairs()[0], strict=True))
    there = numbers(instrument(key).measure(sample(one, other)))
    back = numbers(instrument(key).measure(sample(other, one)))
    for name, value in there.items():
        if key in ONE_SIDED:
            assert back[name] != pytest.approx(value, rel=1e-6)
        else:
            assert back[name] == pytest.approx(value, rel=1e-6)


@EACH
def test_more_of_the_reference_is_better(instrument, save, key):
    """Three blends: each has more of the reference than the one before."""
    stimulus, reference = pairs()[0] if statistic(key).reference == "content" else pairs()[1]
    at = save("reference", reference)
    found = [
        numbers(
            instrument(key).measure(
                sample(save("blend", Image.blend(stimulus, reference, share)), at)
            )
        )
        for share in (0.0, 0.5, 0.9)
    ]
    sign = 1 if statistic(key).higher_is_better else -1
    assert sign * (found[2][key] - found[1][key]) > 0
    assert sign * (found[1][key] - found[0][key]) > 0


HARD = {
    "flat": lambda: Image.new("RGB", (96, 80), (90, 120, 40)),
    "noise": lambda: Image.fromarray(
        np.random.default_rng(0).integers(0, 256, (80, 96, 3), dtype=np.uint8)
    ),
    "tiny": lambda: textured(3, 32, 32),
    "grey": lambda: textured(4, 96, 80).convert("L").convert("RGB"),
    "black": lambda: Image.new("RGB", (96, 80)),
    "odd": lambda: textured(5, 97, 83),
}


@EACH
def test_hard_pictures_give_a_number_or_a_reason(instrument, save, key):
    measuring = instrument(key)
    for kind, make in HARD.items():
        image = make()
        hard = save(kind, image)
        soft = save("soft", textured(8, *image.size))
        for files in ((hard, soft), (soft, hard), (hard, hard)):
            _finite_or_reasoned(key, measuring.measure(sample(*files)))


@EACH
def test_two_megapixels_are_measured(instrument, two_megapixels, key):
    found = instrument(key).measure(sample(*two_megapixels))
    _finite_or_reasoned(key, found)
    assert found[key].value is not None


@pytest.fixture(scope="module")
def two_megapixels(tmp_path_factory):
    folder = tmp_path_factory.mktemp("large")
    image = textured(6, 1640, 1224)
    image.filter(ImageFilter.GaussianBlur(2)).save(folder / "image.png")
    image.save(folder / "reference.png")
    return folder / "image.png", folder / "reference.png"


def _finite_or_reasoned(key, found):
    declared = statistic(key)
    assert set(found) == set(declared.names)
    for value in found.values():
        if value.value is None:
            assert value.details["missing"]
            continue
        assert math.isfinite(value.value)
        assert declared.lowest is None or value.value >= declared.lowest - 1e-9
        assert declared.highest is None or value.value <= declared.highest + 1e-9


def test_single_and_repeated_measurements_are_equal(instrument, save):
    one, other = (save(name, image) for name, image in zip("ab", pairs()[0], strict=True))
    for key in INSTALLED:
        measuring = instrument(key)
        first = numbers(measuring.measure(sample(one, other)))
        measuring.measure(sample(other, one))
        assert numbers(measuring.measure(sample(one, other))) == first


def test_a_style_is_compared_at_the_stimulus_width(instrument, save):
    style = textured(7, 200, 160)
    small = save("small", style.resize((72, 58), Image.Resampling.BILINEAR))
    found = numbers(instrument("colour-histogram").measure(sample(small, save("style", style))))
    assert found["colour-histogram"] == pytest.approx(0, abs=1e-9)


def test_another_shape_than_the_contents_is_refused(instrument, save):
    files = save("a", textured(1, 72, 64)), save("b", textured(2, 64, 72))
    with pytest.raises(InputError, match="another shape"):
        instrument("ssim").measure(sample(*files))


def test_an_encoder_that_is_too_shallow_gives_reasons(instrument, save, monkeypatch):
    files = save("a", textured(1)), save("b", textured(2))
    encoder = small_encoder(deepest="relu3_1")
    monkeypatch.setattr(comparison, "encoder_of", lambda options: encoder)
    found = instrument("gram").measure(sample(*files))
    assert found["gram-R31"].value is not None
    assert "no relu5_1" in found["gram-R51"].details["missing"]
    assert found["gram"].value is None
    encoder = small_encoder(deepest="relu2_1")
    with pytest.raises(InputError, match="use a deeper encoder"):
        instrument("cfsd")


def test_instruments_name_the_encoder_and_differ_between_statistics(instrument, save):
    files = sample(save("a", textured(1)), save("b", textured(2)))
    names = {key: instrument(key).name(files) for key in INSTALLED}
    assert len(set(names.values())) == len(INSTALLED)
    assert all(len(name) <= 200 for name in names.values())
    assert "compact:" in names["gram"] and "512px" in names["gram"]


def test_every_statistic_declares_what_it_is():
    for key, declared in every_statistic().items():
        assert declared.key == key
        assert declared.title and declared.source
        assert declared.reference in ("content", "style")
        assert all(len(name) <= 20 and "+" not in name for name in declared.names)
    names = [name for declared in every_statistic().values() for name in declared.names]
    assert len(names) == len(set(names))
