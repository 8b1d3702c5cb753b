"""Write boundary annotations as BSDS500 stores them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from common.annotations import Annotations, to_mat
from common.atomic import write_bytes
from common.errors import InputError
from metrics.boundaries.annotation_sources import Drawing

_MOST_LABELS = 65_535  # regions that the file format of BSDS500 can number


def write_annotations(drawings: Sequence[Drawing], path: Path) -> None:
    """Write the drawings of several people on one picture; equal drawings give equal files.

    Raises:
        InputError: the drawings differ in size, or the file cannot be written.

    """
    shapes = {drawing.boundaries.shape for drawing in drawings}
    if len(shapes) > 1:
        found = ", ".join(sorted(f"{width}×{height}" for height, width in shapes))
        raise InputError(f"{path.name}: the annotations have different sizes: {found}")
    labels = [drawing.labels for drawing in drawings]
    known = [one for one in labels if one is not None and one.max() <= _MOST_LABELS]
    annotations = Annotations(
        np.stack([drawing.boundaries for drawing in drawings]),
        np.stack(known).astype(np.int32) if len(known) == len(labels) else None,
    )
    write_bytes(to_mat(annotations), path, make_folder=True)
