"""Human boundary annotations of pictures, as BSDS500 stores them (groundTruth in .mat files)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from common.errors import PictureError
from common.matfile import Array, MatError, Value, read_variable, write_cells
from common.pictures import MAX_PIXELS

LARGEST_FILE = 50_000_000
"""Bytes of a file; those of BSDS500 have some 50 kB."""
_LARGEST_UNPACKED = 2**30
_BYTES_PER_PIXEL = 200
"""Nine people of BSDS500 take 27: two for the segments, one for the boundaries."""
_SPARE = 2**20
LARGEST_SHARE = 0.5
"""Share of a picture. The 2,696 maps of BSDS500 mark 0.08 to 6.7 % of their pixels."""
_EXPECTED = "use a BSDS500 .mat file (groundTruth with Boundaries)"


@dataclass(frozen=True)
class Annotations:
    """The boundaries that several people marked on one picture.

    Attributes:
        boundaries: (A, H, W) bool, one map for each annotator.
        segmentations: (A, H, W) labels of regions, from 1; None if the file has none.

    """

    boundaries: NDArray[np.bool_]
    segmentations: NDArray[np.int32] | None

    @property
    def size(self) -> tuple[int, int]:
        """Width and height."""
        _, height, width = self.boundaries.shape
        return width, height


def read_annotations(
    path: Path, size: tuple[int, int] | None = None, name: str = ""
) -> Annotations:
    """Read an annotation file.

    Args:
        path: a .mat file.
        size: width and height of the annotated picture, if known.
        name: of the file, for messages; by default `path`.

    Raises:
        PictureError: the file is missing or annotates a picture of another size; also for the
            reasons of `parse_annotations`.

    """
    name = name or str(path)
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise PictureError(f"{name} is too large for boundary annotations: {_EXPECTED}")
        content = path.read_bytes()
    except FileNotFoundError:
        raise PictureError(f"annotation not found: {name}: check the path") from None
    except OSError as error:
        raise PictureError(f"{name} cannot be read ({error.strerror}): {_EXPECTED}") from None
    found = parse_annotations(content, name, size)
    if size is not None and found.size != size:
        width, height = found.size
        raise PictureError(
            f"{name} annotates another picture: its boundaries have {width}×{height} pixels, the "
            f"picture has {size[0]}×{size[1]}"
        )
    return found


def parse_annotations(
    content: bytes, name: str, size: tuple[int, int] | None = None
) -> Annotations:
    """Parse `groundTruth`: a cell or structure array with `Boundaries` and `Segmentation`.

    Args:
        content: of the file.
        name: of the file, for messages.
        size: width and height of the picture, which bound what the file may unpack to.

    Raises:
        PictureError: it is not such a file; boundaries are not finite, cover more than
            LARGEST_SHARE of the picture, or no annotator marked any.

    """
    if len(content) > LARGEST_FILE:
        raise PictureError(f"{name} is too large for boundary annotations: {_EXPECTED}")
    largest = _LARGEST_UNPACKED
    if size is not None:
        largest = min(largest, size[0] * size[1] * _BYTES_PER_PIXEL + _SPARE)
    try:
        found = read_variable(content, "groundTruth", largest=largest)
        people = _people(found)
    except MatError as error:
        raise PictureError(f"{name} holds no boundary annotations: {error}; {_EXPECTED}") from None
    boundaries = _maps(people, "Boundaries")
    if boundaries is None:
        raise PictureError(f"{name} holds no maps Boundaries of one size: {_EXPECTED}")
    if not np.isfinite(boundaries).all():
        raise PictureError(f"{name} has boundaries that are not finite (NaN): {_EXPECTED}")
    marked = boundaries != 0
    share = marked.mean(axis=(1, 2)).max()
    if share > LARGEST_SHARE:
        raise PictureError(
            f"{name} marks {share:.0%} of the picture as boundary and looks inverted: boundaries "
            "are 1, everything else is 0 (white on black)"
        )
    if not marked.any():
        raise PictureError(
            f"{name} marks no boundary: coherence cannot be measured against it, leave it out"
        )
    labels = _maps(people, "Segmentation")
    same = labels is not None and labels.shape == marked.shape
    return Annotations(marked, labels.astype(np.int32) if same and labels is not None else None)


def turned(annotations: Annotations, orientation: int) -> Annotations:
    """Turn annotations of the stored pixels to match the upright picture.

    Args:
        annotations: drawn on the pixels as they are stored.
        orientation: EXIF orientation of the picture, 1 to 8.

    """

    def upright(maps: NDArray[Any]) -> NDArray[Any]:
        if orientation >= 5:
            maps = maps.transpose(0, 2, 1)
        if orientation in (3, 4, 7, 8):
            maps = maps[:, ::-1]
        if orientation in (2, 3, 6, 7):
            maps = maps[:, :, ::-1]
        return np.ascontiguousarray(maps)

    labels = annotations.segmentations
    return Annotations(upright(annotations.boundaries), None if labels is None else upright(labels))


def to_mat(annotations: Annotations) -> bytes:
    """The annotations as a BSDS500 .mat file; equal annotations give equal bytes."""
    people: list[dict[str, NDArray[Any]]] = []
    for number, boundaries in enumerate(annotations.boundaries):
        person = {"Boundaries": boundaries.astype(np.uint8)}
        if annotations.segmentations is not None:
            person["Segmentation"] = annotations.segmentations[number].astype(np.uint16)
        people.append(person)
    return write_cells("groundTruth", people)


def _people(found: Value) -> list[dict[str, Any]]:
    """The structures of all annotators, from a cell array of structures or a structure array."""
    if not isinstance(found, Array):
        raise MatError("groundTruth is not a cell array of structures")
    people: list[dict[str, Any]] = []
    for item in found.items:
        inner = item.items if isinstance(item, Array) else [item]
        people.extend(one for one in inner if isinstance(one, dict))
    return people


def _maps(people: list[dict[str, Any]], field: str) -> NDArray[Any] | None:
    """The field of all annotators (A, H, W); None if it is missing or has another form."""
    maps = [person.get(field) for person in people]
    if not maps or not all(isinstance(one, np.ndarray) and one.ndim == 2 for one in maps):
        return None
    arrays = [one for one in maps if isinstance(one, np.ndarray)]
    shape = arrays[0].shape
    if (
        any(one.shape != shape or one.dtype.kind not in "biuf" for one in arrays)
        or not 0 < arrays[0].size <= MAX_PIXELS
    ):
        return None
    return np.stack(arrays)
