"""Human boundary annotations of content pictures: checking a BSDS500 .mat file before it is kept.

What the annotations say is read by metrics; here it only matters that they are the right file.
"""

from __future__ import annotations

from pathlib import Path

from transfer.errors import PictureError

_LARGEST = 50_000_000  # bytes; the files of BSDS500 have some 50 kB


def check_annotations(path: Path, size: tuple[int, int]) -> None:
    """Refuse a file that does not annotate a picture of `size` (width, height).

    Raises:
        PictureError: the file is no BSDS500 annotation, or one of a picture of another size.

    """
    from scipy.io import loadmat

    name = path.name
    try:
        if path.stat().st_size > _LARGEST:
            raise PictureError(f"{name} is too large for boundary annotations: name another file")
        people = loadmat(path, variable_names=["groundTruth"])["groundTruth"].ravel()
        shapes = {person["Boundaries"][0, 0].shape for person in people}
    except PictureError:
        raise
    except Exception:  # a damaged file can make the reader raise nearly anything
        raise PictureError(
            f"{name} holds no boundary annotations: use a BSDS500 .mat file (groundTruth with "
            "Boundaries)"
        ) from None
    width, height = size
    if shapes != {(height, width)}:
        found = ", ".join(sorted("×".join(map(str, shape[::-1])) for shape in shapes)) or "nobody's"
        raise PictureError(
            f"{name} annotates another picture: it holds boundaries of {found} pixels, the picture "
            f"has {width}×{height}"
        )
