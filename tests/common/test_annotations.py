"""Boundary annotations in MATLAB files, whose announced sizes are not trusted."""

from __future__ import annotations

import io
import struct
import tracemalloc
import zlib
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps
from scipy.io import loadmat, savemat
from scipy.sparse import csc_matrix

from common.annotations import Annotations, parse_annotations, to_mat, turned
from common.errors import PictureError

LINE = np.zeros((32, 40), np.uint8)
LINE[:, 20] = 1


def mat(people, **options) -> bytes:
    """A file as MATLAB writes it; `people` are the Boundaries of each annotator."""
    cells = np.empty((1, len(people)), dtype=object)
    for number, boundaries in enumerate(people):
        cells[0, number] = {"Boundaries": boundaries}
    file = io.BytesIO()
    savemat(file, {"groundTruth": cells}, **options)
    return file.getvalue()


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("type_", [np.uint8, bool, np.uint16, np.float64, np.int32])
def test_it_reads_every_numeric_type(packed: bool, type_: type) -> None:
    found = parse_annotations(
        mat([LINE.astype(type_), LINE.astype(type_)], do_compression=packed), "a"
    )
    assert found.size == (40, 32)
    assert np.array_equal(found.boundaries, np.stack([LINE, LINE]) != 0)
    assert found.segmentations is None


def test_it_reads_a_structure_array_like_a_cell_array() -> None:
    people = np.zeros((1, 2), dtype=[("Segmentation", "O"), ("Boundaries", "O")])
    for number in range(2):
        people[0, number] = (np.ones((32, 40), np.uint16), LINE)
    file = io.BytesIO()
    savemat(file, {"groundTruth": people})
    found = parse_annotations(file.getvalue(), "a")
    assert found.boundaries.shape == (2, 32, 40)
    assert found.segmentations is not None and found.segmentations.min() == 1


def test_it_reads_sparse_boundaries() -> None:
    found = parse_annotations(mat([csc_matrix(LINE.astype(float))]), "a")
    assert np.array_equal(found.boundaries[0], LINE != 0)


@pytest.mark.parametrize(
    ("people", "said"),
    [
        ([1 - LINE], "98% of the picture as boundary and looks inverted"),
        ([np.where(LINE, 1.0, np.nan)], "not finite"),
        ([np.zeros_like(LINE)], "marks no boundary"),
        ([LINE, LINE[:31]], "no maps Boundaries of one size"),
        ([np.zeros((0, 0))], "no maps Boundaries"),
        ([], "no maps Boundaries"),
    ],
)
def test_it_refuses_implausible_boundaries(people, said: str) -> None:
    with pytest.raises(PictureError, match=said) as caught:
        parse_annotations(mat(people), "a.mat")
    assert str(caught.value).startswith("a.mat ") and "\n" not in str(caught.value)


def announcing(rows: int, columns: int) -> bytes:
    """A file of one cell whose Boundaries announce a size and hold no data."""

    def element(kind: int, data: bytes) -> bytes:
        return struct.pack("<II", kind, len(data)) + data + bytes(-len(data) % 8)

    def matrix(class_: int, shape: tuple[int, int], *parts: bytes, name: bytes = b"") -> bytes:
        flags = element(6, struct.pack("<II", class_, 0))
        return element(
            14, flags + element(5, struct.pack("<ii", *shape)) + element(1, name) + b"".join(parts)
        )

    fields = element(5, struct.pack("<i", 16)) + element(1, b"Boundaries".ljust(16, b"\0"))
    empty = matrix(9, (rows, columns), element(2, b""))
    cells = matrix(1, (1, 1), matrix(2, (1, 1), fields, empty), name=b"groundTruth")
    packed = zlib.compress(cells)
    head = b"MATLAB 5.0 MAT-file".ljust(124) + struct.pack("<H", 0x0100) + b"IM"
    return head + struct.pack("<II", 15, len(packed)) + packed


def cells_announcing(number: int) -> bytes:
    file = bytearray(mat([LINE]))
    place = file.index(struct.pack("<ii", 1, 1), 128)  # the shape of the cell array
    file[place : place + 8] = struct.pack("<ii", number, number)
    return bytes(file)


@pytest.mark.parametrize(
    "content",
    [announcing(30_000, 30_000), cells_announcing(30_000), cells_announcing(2**31 - 1)],
    ids=["matrix", "cells", "the largest possible number of cells"],
)
def test_it_allocates_no_memory_for_announced_sizes(content: bytes) -> None:
    tracemalloc.start()
    with pytest.raises(PictureError, match="announces"):
        parse_annotations(content, "a.mat")
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 2**20


def test_it_refuses_a_large_sparse_matrix_before_expanding_it() -> None:
    sparse = csc_matrix(([1.0], ([0], [0])), shape=(60_000, 60_000))
    with pytest.raises(PictureError, match="60000×60000 is too large"):
        parse_annotations(mat([sparse]), "a.mat")


@pytest.mark.parametrize(
    "head",
    [
        b"\x89HDF\r\n\x1a\n" + bytes(600),
        b"MATLAB 7.3 MAT-file, Platform: GLNXA64".ljust(124) + b"\0\2IM",
    ],
)
def test_it_names_a_matlab_7_3_file(head: bytes) -> None:
    with pytest.raises(PictureError, match="MATLAB 7.3 file: save it with -v7"):
        parse_annotations(head, "a.mat")


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_damaged_files_are_always_refused(data: st.DataObject) -> None:
    file = bytearray(mat([LINE], do_compression=data.draw(st.booleans())))
    for _ in range(data.draw(st.integers(1, 8))):
        file[data.draw(st.integers(0, len(file) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(file)))
    with suppress(PictureError):
        parse_annotations(bytes(file[:cut]), "a.mat")


@given(st.integers(1, 8), st.integers(0, 2**32 - 1))
@settings(deadline=None, max_examples=40)
def test_annotations_are_rotated_with_their_picture(orientation: int, seed: int) -> None:
    pixels = np.random.default_rng(seed).random((5, 7)) > 0.5
    image, file = Image.fromarray(pixels.astype(np.uint8) * 255), io.BytesIO()
    exif = image.getexif()
    exif[0x0112] = orientation
    image.save(file, "PNG", exif=exif)
    upright = np.asarray(ImageOps.exif_transpose(Image.open(file))) > 0
    found = turned(Annotations(pixels[None], None), orientation)
    assert np.array_equal(found.boundaries[0], upright)


def test_scipy_reads_what_it_writes() -> None:
    labels = np.arange(32 * 40, dtype=np.int32).reshape(1, 32, 40)
    written = to_mat(Annotations(LINE[None] != 0, labels))
    assert written == to_mat(Annotations(LINE[None] != 0, labels))
    (person,) = loadmat(io.BytesIO(written))["groundTruth"].ravel()
    assert np.array_equal(person["Boundaries"][0, 0], LINE)
    assert np.array_equal(person["Segmentation"][0, 0], labels[0])


@pytest.mark.golden
def test_it_reads_bsds_as_scipy_does(shared) -> None:
    for path in sorted((shared / "data" / "bsds500" / "groundTruth").rglob("*.mat"))[::50]:
        found = parse_annotations(path.read_bytes(), path.name)
        people = loadmat(path)["groundTruth"].ravel()
        for number, person in enumerate(people):
            assert np.array_equal(found.boundaries[number], person["Boundaries"][0, 0] != 0)
            assert found.segmentations is not None
            assert np.array_equal(found.segmentations[number], person["Segmentation"][0, 0])
