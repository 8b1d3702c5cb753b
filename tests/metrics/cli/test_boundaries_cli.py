"""`coherence`, `detect` and `boundaries`: answers, and one line for every bad input."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps

from common.console import run
from common.errors import PictureError
from metrics.__main__ import COMMANDS
from metrics.boundaries.maps import read_map, write_map
from tests.conftest import SHARED
from tests.metrics.boundaries.shapes import (
    SIDE,
    edges_of,
    square_labels,
    square_picture,
    write_annotation,
)


def metrics(*arguments: object) -> int:
    return run("metrics", "", COMMANDS, [str(argument) for argument in arguments])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A picture of a square, its annotation, and a map of its boundaries."""
    square_picture().save(tmp_path / "image.png")
    write_annotation(tmp_path / "truth.mat", [square_labels(), square_labels()])
    write_map(edges_of(square_labels()) * 0.7, tmp_path / "map.png")
    (tmp_path / "text.mat").write_text("not a matlab file")
    (tmp_path / "broken.png").write_bytes((tmp_path / "map.png").read_bytes()[:60])
    Image.new("RGB", (SIDE, SIDE)).save(tmp_path / "colour.png")
    Image.new("L", (SIDE, 30)).save(tmp_path / "flat.png")
    return tmp_path


def test_coherence_reports_every_picture(folder, capsys):
    image, truth = folder / "image.png", folder / "truth.mat"
    Image.new("RGB", (SIDE, SIDE), "teal").save(folder / "constant.png")
    arguments = ("--image", image, "--image", folder / "constant.png", "--groundtruth", truth)
    assert metrics("coherence", *arguments, "--detector", "gaussian", "--json") == 0
    rows = json.loads(capsys.readouterr().out)
    assert [row["image"] for row in rows] == [str(image), str(folder / "constant.png")]
    assert set(rows[0]) == {"image", "C", "threshold", "recall", "precision"}
    assert rows[0]["C"] > 0.8
    assert rows[1]["C"] == 0


def test_coherence_prints_text_without_json(folder, capsys):
    arguments = ("--image", folder / "image.png", "--groundtruth", folder / "truth.mat")
    assert metrics("coherence", *arguments, "--detector", "gaussian") == 0
    assert "C 0." in capsys.readouterr().out


@pytest.mark.parametrize("orientation", range(2, 9))
def test_annotations_of_stored_pixels_are_turned_with_their_picture(folder, capsys, orientation):
    """C of a picture against its own boundaries is the same, however its file is turned."""
    stored = square_picture().crop((0, 0, SIDE, SIDE - 10))
    labels = square_labels()[: SIDE - 10]
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored.save(folder / "plain.png")
    stored.save(folder / "turned.png", exif=exif)
    ImageOps.exif_transpose(Image.open(folder / "turned.png")).save(folder / "stimulus.png")
    write_annotation(folder / "drawn.mat", [labels])
    truth = ("--groundtruth", folder / "drawn.mat", "--detector", "gaussian", "--json")

    def measured(name: str, *more: object) -> float:
        assert metrics("coherence", "--image", folder / name, *truth, *more) == 0
        return float(json.loads(capsys.readouterr().out)[0]["C"])

    right = measured("plain.png")
    stored_frame = ("--annotations-frame", "stored")
    assert measured("turned.png", *stored_frame) == pytest.approx(right, abs=0.05)
    content = ("--content", folder / "turned.png")
    assert measured("stimulus.png", *stored_frame, *content) == pytest.approx(right, abs=0.05)
    code = metrics("coherence", "--image", folder / "turned.png", *truth)
    said = capsys.readouterr().err
    assert said.count("EXIF") == 1
    assert f"turned by its EXIF data (orientation {orientation})" in said
    assert "--annotations-frame stored" in said
    assert code == (2 if orientation >= 5 else 0)
    assert code == 0 or said.count("\n") == 1


def test_detect_writes_strengths_with_sixteen_bits(folder, capsys):
    out = folder / "out.png"
    assert (
        metrics("detect", "--image", folder / "image.png", "--out", out, "--detector", "gaussian")
        == 0
    )
    with Image.open(out) as written:
        assert written.mode.startswith("I;16")
        assert written.size == (SIDE, SIDE)
    assert len(np.unique(read_map(out))) > 256
    assert capsys.readouterr().out == ""
    assert not list(folder.glob(".*"))


def test_boundaries_counts_at_every_threshold(folder, capsys):
    arguments = ("--prediction", folder / "map.png", "--groundtruth", folder / "truth.mat")
    assert metrics("boundaries", *arguments, "--thresholds", 9, "--json") == 0
    answer = json.loads(capsys.readouterr().out)
    assert set(answer) == {"rows", "F", "threshold", "recall", "precision", "AUC"}
    assert [row["threshold"] for row in answer["rows"]] == pytest.approx(
        [k / 10 for k in range(1, 10)]
    )
    total = int(edges_of(square_labels()).sum())
    assert answer["rows"][0]["total_recall"] == 2 * total
    assert answer["rows"][-1]["total_precision"] == 0
    assert answer["F"] > 0.95
    assert metrics("boundaries", *arguments) == 0
    assert "F 0.9" in capsys.readouterr().out or answer["F"] == 1


@pytest.mark.golden
def test_boundaries_answers_as_the_original_benchmark(capsys):
    golden = SHARED / "golden" / "boundaries"
    arguments = (
        "--prediction",
        golden / "png" / "5096.png",
        "--groundtruth",
        golden / "groundTruth" / "5096.mat",
    )
    assert metrics("boundaries", *arguments, "--thresholds", 5, "--json") == 0
    rows = json.loads(capsys.readouterr().out)["rows"]
    expected = np.loadtxt(golden / "eval-5" / "5096_ev1.txt")
    ours = np.array([list(row.values()) for row in rows])
    np.testing.assert_allclose(ours, expected, rtol=0.005)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ("coherence --image {f}/image.png --groundtruth {f}/none.mat", "annotation not found"),
        (
            "coherence --image {f}/image.png --groundtruth {f}/text.mat",
            "holds no boundary annotations",
        ),
        ("coherence --image {f}/none.png --groundtruth {f}/truth.mat", "picture not found"),
        ("coherence --image {f}/flat.png --groundtruth {f}/truth.mat", "flat.png: the stimulus is"),
        (
            "coherence --image {f}/image.png --groundtruth {f}/truth.mat --detector canny",
            "unknown boundary detector 'canny'",
        ),
        ("detect --image {f}/broken.png --out {f}/o.png", "broken.png"),
        ("detect --image {f}/image.png --out {f}/none/o.png", "folder does not exist"),
        ("boundaries --prediction {f}/none.png --groundtruth {f}/truth.mat", "not found"),
        ("boundaries --prediction {f}/truth.mat --groundtruth {f}/truth.mat", "use PNG"),
        (
            "boundaries --prediction {f}/broken.png --groundtruth {f}/truth.mat",
            "broken.png is not a boundary",
        ),
        ("boundaries --prediction {f}/colour.png --groundtruth {f}/truth.mat", "not greyscale"),
        ("boundaries --prediction {f}/flat.png --groundtruth {f}/truth.mat", "136×30"),
        (
            "boundaries --prediction {f}/map.png --groundtruth {f}/truth.mat --thresholds 0",
            "whole number",
        ),
    ],
)
def test_bad_input_is_refused_in_one_line(folder, capsys, arguments, says):
    assert metrics(*arguments.format(f=folder).split()) == 2
    streams = capsys.readouterr()
    assert streams.out == ""
    assert streams.err.count("\n") == 1
    assert says in streams.err


def test_maps_are_read_with_eight_and_sixteen_bits(tmp_path):
    strength = np.linspace(0, 1, 48).reshape(6, 8)
    write_map(strength, tmp_path / "sixteen.png")
    np.testing.assert_allclose(read_map(tmp_path / "sixteen.png"), strength, atol=1 / 65535)
    Image.fromarray(np.rint(strength * 255).astype(np.uint8)).save(tmp_path / "eight.png")
    np.testing.assert_allclose(read_map(tmp_path / "eight.png"), strength, atol=1 / 255)
    Image.fromarray(strength > 0.5).save(tmp_path / "one.png")
    np.testing.assert_array_equal(read_map(tmp_path / "one.png"), strength > 0.5)


def test_a_map_that_is_too_large_is_refused_before_it_is_decoded(tmp_path, monkeypatch):
    monkeypatch.setattr("metrics.boundaries.maps.MAX_PIXELS", 40)
    write_map(np.zeros((6, 8)), tmp_path / "map.png")
    with pytest.raises(PictureError, match="too large"):
        read_map(tmp_path / "map.png")
