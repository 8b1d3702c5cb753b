"""Human boundary annotations as BSDS500 stores them, in Matlab files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.io import loadmat

from common.errors import InputError


@dataclass(frozen=True)
class Annotations:
    """What several people drew on one picture.

    Attributes:
        boundaries: (A, H, W) bool, one map for each annotator.
        segmentations: (A, H, W) labels of regions, from 1; None where the file has none.

    """

    boundaries: NDArray[np.bool_]
    segmentations: NDArray[np.int32] | None


def read_annotations(path: Path) -> Annotations:
    """Read `groundTruth`, a cell array of structures with `Boundaries` and `Segmentation`.

    Raises:
        InputError: the file is missing or is not such an annotation.

    """
    if not path.exists():
        raise InputError(f"annotation not found: {path}: check the path")
    try:
        cells = loadmat(path, variable_names=["groundTruth"])["groundTruth"]
    except KeyError:
        raise InputError(f"{path} holds no variable groundTruth: {_EXPECTED}") from None
    except NotImplementedError:
        raise InputError(f"{path} is a Matlab 7.3 file: save it with -v7 in Matlab") from None
    except Exception:  # a damaged file can make the reader raise nearly anything
        raise InputError(f"{path} is not a Matlab file that can be read: {_EXPECTED}") from None
    boundaries = _layers(cells, "Boundaries")
    if boundaries is None:
        raise InputError(f"{path} holds no maps Boundaries of one size: {_EXPECTED}")
    return Annotations(boundaries != 0, _labels(cells, boundaries.shape))


_EXPECTED = "a BSDS500 annotation (groundTruth/*.mat) is expected"


def _layers(cells: Any, field: str) -> NDArray[Any] | None:
    """That field of all annotators (A, H, W); None where it is missing or of another form."""
    try:
        maps = [np.asarray(cell[field][0, 0]) for cell in np.asarray(cells, object).flat]
        stack = np.stack(maps)
        return stack if stack.ndim == 3 and stack.size and stack.dtype.kind in "biuf" else None
    except (IndexError, TypeError, ValueError):
        return None


def _labels(cells: Any, shape: tuple[int, ...]) -> NDArray[np.int32] | None:
    labels = _layers(cells, "Segmentation")
    return labels.astype(np.int32) if labels is not None and labels.shape == shape else None
