"""Reading annotations: all annotators, and one line for every other file."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.io import savemat

from common.annotations import read_annotations
from common.errors import InputError
from tests.conftest import SHARED
from tests.metrics.boundaries.shapes import SIDE, edges_of, square_labels, write_annotation


def test_it_reads_every_annotator(tmp_path):
    labels = [square_labels(), square_labels().T + 1, np.ones((SIDE, SIDE), np.uint16)]
    found = read_annotations(write_annotation(tmp_path / "a.mat", labels))
    np.testing.assert_array_equal(found.segmentations, labels)
    np.testing.assert_array_equal(found.boundaries, [edges_of(one) for one in labels])
    assert found.boundaries.dtype == bool


def test_it_reads_boundaries_without_regions(tmp_path):
    cells = np.empty((1, 1), object)
    cell = np.empty((1, 1), np.dtype([("Boundaries", object)]))
    cell[0, 0] = (edges_of(square_labels()).astype(np.uint8),)
    cells[0, 0] = cell
    savemat(tmp_path / "a.mat", {"groundTruth": cells})
    found = read_annotations(tmp_path / "a.mat")
    assert found.segmentations is None
    assert found.boundaries.shape == (1, SIDE, SIDE)


@pytest.mark.golden
def test_it_reads_the_annotations_of_bsds500():
    found = read_annotations(SHARED / "golden" / "boundaries" / "groundTruth" / "2018.mat")
    assert found.boundaries.shape == (5, 481, 321)
    assert found.boundaries.sum() == 14318  # the original benchmark's total recall
    assert found.segmentations is not None
    assert found.segmentations.min() == 1


def cells_of(*maps) -> np.ndarray:
    cells = np.empty((1, len(maps)), object)
    for index, one in enumerate(maps):
        cell = np.empty((1, 1), np.dtype([("Boundaries", object)]))
        cell[0, 0] = (one,)
        cells[0, index] = cell
    return cells


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "not found"),
        (b"", "not a MATLAB 5 file"),
        (b"x" * 600, "not a MATLAB 5 file"),
        ({"ucm2": np.zeros((3, 3))}, "no variable groundTruth"),
        ({"groundTruth": np.zeros((3, 3))}, "not a cell array"),
        ({"groundTruth": np.empty((1, 0), object)}, "no maps Boundaries"),
        ({"groundTruth": "text"}, "not a cell array"),
        ({"groundTruth": cells_of(np.zeros((4, 4)), np.zeros((4, 5)))}, "of one size"),
        ({"groundTruth": cells_of(np.zeros((0, 0)))}, "no maps Boundaries"),
        ({"groundTruth": cells_of("text")}, "no maps Boundaries"),
    ],
)
def test_other_files_are_refused_in_one_line(tmp_path, content, says):
    path = tmp_path / "bad.mat"
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif content is not None:
        savemat(path, content)
    with pytest.raises(InputError, match=says) as raised:
        read_annotations(path)
    assert str(path) in str(raised.value)
    assert "\n" not in str(raised.value)


def test_it_refuses_a_truncated_annotation(tmp_path):
    path = write_annotation(tmp_path / "a.mat", [square_labels()])
    path.write_bytes(path.read_bytes()[:3000])
    with pytest.raises(InputError, match="ends too early"):
        read_annotations(path)


def test_it_says_what_to_do_with_a_newer_matlab_file(tmp_path):
    path = tmp_path / "new.mat"
    header = b"MATLAB 7.3 MAT-file".ljust(124, b" ") + b"\x00\x02IM"
    path.write_bytes(header + b"\x00" * 600)
    with pytest.raises(InputError, match="-v7"):
        read_annotations(path)
