"""The library's functions: pictures in, numbers and pictures out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

import ecspace
from metrics.statistics import statistic
from metrics.statistics.base import Collection, Sample
from transfer.samples.art.catalogue import painted_styles
from transfer.samples.contents import sample_contents


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A content and a style, 128 px wide."""
    folder = tmp_path_factory.mktemp("pair")
    chosen = {"content": sample_contents()[1], "style": painted_styles()[0]}
    for role, sample in chosen.items():
        image = Image.fromarray(sample.pixels)
        image.resize((128, 128 * image.height // image.width)).save(folder / f"{role}.png")
    return {role: folder / f"{role}.png" for role in chosen}


@pytest.fixture(scope="module")
def picture(pair: dict[str, Path]) -> Image.Image:
    return ecspace.stylise(pair["content"], pair["style"], "adain", size=128)


def test_it_stylises_files_and_pictures_alike(pair: dict[str, Path], picture: Image.Image) -> None:
    assert picture.size == (128, 85)
    opened = [Image.open(pair[role]) for role in ("content", "style")]
    again = ecspace.stylise(opened[0], [opened[1]], "adain", size=128)
    assert np.array_equal(np.asarray(picture), np.asarray(again))
    assert not np.array_equal(np.asarray(picture), np.asarray(opened[0].resize((128, 85))))


def test_it_passes_parameters_to_the_method(pair: dict[str, Path]) -> None:
    steps = {
        number: ecspace.stylise(
            pair["content"], pair["style"], size=32, iterations=number, init="content"
        )
        for number in (1, 3)
    }
    assert not np.array_equal(np.asarray(steps[1]), np.asarray(steps[3]))


def test_it_measures_what_the_instruments_of_the_site_measure(
    pair: dict[str, Path], picture: Image.Image, tmp_path: Path
) -> None:
    found = ecspace.measure(picture, **pair)
    file = tmp_path / "picture.png"
    picture.save(file)
    for key, role in (("E", "style"), ("C", "content")):
        kind = statistic(key)
        collection = Collection([pair[role]], "0" * 64, 128, tmp_path)
        instrument = kind.open(kind.settings({}, collection), collection, lambda *_: None)
        sample = Sample(file, 128, pair[role])
        expected = {name: value.value for name, value in instrument.measure(sample).items()}
        assert {name: found[name] for name in expected} == expected
        assert found[f"instrument_{key}"] == instrument.name(sample)


def test_it_leaves_out_what_has_no_reference(pair: dict[str, Path], picture: Image.Image) -> None:
    found = ecspace.measure(picture, content=pair["content"])
    assert found["E1"] is None
    assert found["instrument_E"] is None
    assert isinstance(found["C"], float)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({}, "give the content, the style or both"),
        ({"content": "missing.png"}, "missing.png"),
        ({"content": "content", "detector": "canny"}, "canny"),
        ({"style": "style", "encoder": "vgg99"}, "vgg99"),
    ],
)
def test_it_says_what_cannot_be_measured(
    arguments: dict[str, str], said: str, pair: dict[str, Path], picture: Image.Image
) -> None:
    given = {name: pair.get(value, value) for name, value in arguments.items()}
    with pytest.raises(ecspace.InputError, match=said):
        ecspace.measure(picture, **given)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"method": "adian"}, "adian"),
        ({"method": "adain", "iterations": 3}, "iterations"),
        ({"content": None}, "needs a content"),
        ({"size": 100_000}, "100000|100,000"),
    ],
)
def test_it_says_what_cannot_be_stylised(
    arguments: dict[str, object], said: str, pair: dict[str, Path]
) -> None:
    with pytest.raises(ecspace.InputError, match=said):
        ecspace.stylise(**({**pair} | arguments))  # type: ignore[arg-type]


def test_it_calibrates_scores_and_divides(tmp_path: Path) -> None:
    generator = np.random.default_rng(3)
    names = [f"s{number}" for number in range(24)]
    statistics = pd.DataFrame(
        {
            "stimulus": names, "method": [f"m{n % 3}" for n in range(24)],
            "content": "c", "style": "t",
            "E1": generator.normal(size=24), "C": generator.uniform(size=24),
        }
    )  # fmt: skip
    strength = dict(zip(names, 2.0 * statistics["E1"], strict=True))
    rows = []
    for trial in range(400):
        left, right = generator.choice(names, 2, replace=False)
        wins = generator.random() < 1 / (1 + np.exp(strength[right] - strength[left]))
        rows.append((f"p{trial % 20}", "s", trial, left, right, "left" if wins else "right"))
    columns = ["participant", "study", "trial", "stimulus_left", "stimulus_right", "choice"]
    pd.DataFrame(rows, columns=columns).to_csv(tmp_path / "votes.csv", index=False)
    statistics.to_csv(tmp_path / "statistics.csv", index=False)

    model = ecspace.calibrate(
        tmp_path / "votes.csv", tmp_path / "statistics.csv", "E", terms=["E1"], bootstrap=0
    )
    assert isinstance(model, ecspace.Model)
    assert abs(model.coefficients["E1"] - 2.0) < 4 * (model.std_errors["E1"] or 0)
    scores = statistics.assign(
        E_score=ecspace.score(model, statistics).to_numpy(),
        C_score=ecspace.score("wacv2020-C", statistics).to_numpy(),
    )
    space = ecspace.ec_space(scores)
    assert space.counts.sum() == 24
    assert space.counts.sum(axis=1).tolist() == [8, 8, 8]
