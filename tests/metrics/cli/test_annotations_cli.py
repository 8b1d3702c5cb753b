"""`python -m metrics annotations`: output in agreement with the drawings."""

from __future__ import annotations

import json

import numpy as np
import pytest
from PIL import Image

from common.annotations import read_annotations
from common.console import run
from metrics.cli import boundary_annotations
from tests.metrics.boundaries.shapes import SIDE, square_labels

CORNERS = [(34, 34), (102, 34), (102, 102), (34, 102)]  # of the square in `square_labels`


def convert(*arguments) -> int:
    words = ["annotations", *map(str, arguments)]
    return run("metrics", "", [boundary_annotations.add_commands], words)


@pytest.fixture
def sources(tmp_path):
    """The square of `square_labels` in every format: path, further options."""
    labels = square_labels()
    Image.fromarray(labels.astype(np.uint8) * 90).save(tmp_path / "labels.png")
    convert(tmp_path / "labels.png", "--labels", "--out", tmp_path / "expected.mat")
    drawn = read_annotations(tmp_path / "expected.mat").boundaries[0]
    Image.fromarray(drawn).save(tmp_path / "map.png")
    flat = [coordinate for corner in CORNERS for coordinate in corner]
    image = {"id": 7, "file_name": "folder/square.jpg", "width": SIDE, "height": SIDE}
    coco = {"images": [image], "annotations": [{"image_id": 7, "segmentation": [flat]}]}
    (tmp_path / "coco.json").write_text(json.dumps(coco))
    shape = {"label": "square", "points": CORNERS, "shape_type": "polygon"}
    labelme = {"imageWidth": SIDE, "imageHeight": SIDE, "imagePath": "s.jpg", "shapes": [shape]}
    (tmp_path / "labelme.json").write_text(json.dumps(labelme))
    return tmp_path


@pytest.mark.parametrize("name", ["map.png", "coco.json", "labelme.json"])
def test_every_format_gives_the_same_boundaries(sources, name, capsys):
    expected = read_annotations(sources / "expected.mat").boundaries
    assert expected.sum() == pytest.approx(4 * SIDE / 2, abs=4)
    assert convert(sources / name, "--out", sources / "out.mat", "--json") == 0
    answer = json.loads(capsys.readouterr().out)
    assert "thinned" in answer["rule"]
    (row,) = answer["annotations"]
    assert (row["people"], row["width"], row["height"]) == (1, SIDE, SIDE)
    np.testing.assert_array_equal(read_annotations(sources / "out.mat").boundaries, expected)


def test_each_file_is_an_annotator_and_output_is_reproducible(sources):
    files = [sources / "map.png", sources / "coco.json"]
    for name in ("one.mat", "two.mat"):
        assert convert(*files, "--out", sources / name) == 0
    assert read_annotations(sources / "one.mat").boundaries.shape[0] == 2
    assert (sources / "one.mat").read_bytes() == (sources / "two.mat").read_bytes()


def test_a_folder_gets_one_file_for_each_picture(sources):
    assert convert(sources / "coco.json", "--out", sources / "truth") == 0
    assert [file.name for file in (sources / "truth").iterdir()] == ["square.mat"]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "annotation not found"),
        ("[]", "not a JSON file of COCO"),
        ("{", "not a JSON file"),
        ('{"images": [], "annotations": []}', "holds no annotation"),
        ('{"images": [{"id": 1}], "annotations": []}', "lacks fields"),
        (
            '{"images": [{"id": 1, "file_name": "a", "width": 9, "height": 9}], "annotations": '
            '[{"image_id": 1, "segmentation": {"counts": "abc", "size": [9, 9]}}]}',
            "run-length encoded",
        ),
        ('{"imageWidth": 90000, "imageHeight": 90000, "shapes": []}', "cannot be annotated"),
        ('{"imageWidth": 9, "imageHeight": 9, "shapes": []}', "would hold no boundary"),
        (
            '{"imageWidth": 9, "imageHeight": 9, "shapes": [{"points": [[1, 1]], '
            '"shape_type": "point"}]}',
            "'point' with 1 points",
        ),
    ],
)
def test_invalid_sources_are_refused_in_one_line(tmp_path, capsys, content, says):
    if content is not None:
        (tmp_path / "a.json").write_text(content)
    assert convert(tmp_path / "a.json", "--out", tmp_path / "out.mat") == 2
    error = capsys.readouterr().err
    assert says in error and error.count("\n") == 1
    assert not (tmp_path / "out.mat").exists()


def test_an_inverted_map_and_different_sizes_are_refused(sources, capsys):
    pixels = np.asarray(Image.open(sources / "map.png").convert("L"))
    Image.fromarray(255 - pixels).save(sources / "inverted.png")
    assert convert(sources / "inverted.png", "--out", sources / "out.mat") == 2
    assert "white on black" in capsys.readouterr().err
    Image.fromarray(pixels[:-1]).save(sources / "cut.png")
    assert convert(sources / "map.png", sources / "cut.png", "--out", sources / "out.mat") == 2
    assert "different sizes" in capsys.readouterr().err
