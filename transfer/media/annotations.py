"""Human boundary annotations of content pictures: checking a BSDS500 .mat file before it is kept.

What the annotations say is read by metrics; here it only matters that they are the right file.
"""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

from common.errors import PictureError

_LARGEST = 50_000_000  # bytes; the files of BSDS500 have some 50 kB
_LARGEST_UNPACKED = 2**30
_BYTES_PER_PIXEL = 200
"""Nine people of BSDS500 take 27: two for the segments, one for the boundaries."""
_SPARE = 2**20
_COMPRESSED = 15  # miCOMPRESSED, MAT-File Format, table 1-1
_PIECE = 2**16


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
        width, height = size
        most = min(_LARGEST_UNPACKED, width * height * _BYTES_PER_PIXEL + _SPARE)
        if _unpacks_beyond(path, most):
            raise PictureError(f"{name} unpacks to more than boundary annotations can hold")
        people = loadmat(path, variable_names=["groundTruth"])["groundTruth"].ravel()
        shapes = {person["Boundaries"][0, 0].shape for person in people}
    except PictureError:
        raise
    except Exception:  # a damaged file can make the reader raise nearly anything
        raise PictureError(
            f"{name} holds no boundary annotations: use a BSDS500 .mat file (groundTruth with "
            "Boundaries)"
        ) from None
    if shapes != {(height, width)}:
        found = ", ".join(sorted("×".join(map(str, shape[::-1])) for shape in shapes)) or "nobody's"
        raise PictureError(
            f"{name} annotates another picture: it holds boundaries of {found} pixels, the picture "
            f"has {width}×{height}"
        )


def _unpacks_beyond(path: Path, most: int) -> bool:
    """Whether the compressed parts of a MATLAB 5 file hold more than `most` bytes together.

    Each part begins with its kind and its length, four bytes each (MAT-File Format, page 1-8). A
    kilobyte may unpack to a megabyte, so that the size of the file says nothing.
    """
    total = 0
    with path.open("rb") as file:
        order = ">" if file.read(128)[126:128] == b"MI" else "<"
        while len(tag := file.read(8)) == 8:
            kind, length = struct.unpack(f"{order}II", tag)
            if kind != _COMPRESSED:
                file.seek(length, 1)
                continue
            unpacker, left = zlib.decompressobj(), length
            while left > 0 and (piece := file.read(min(left, _PIECE))):
                left -= len(piece)
                while piece and total <= most:
                    total += len(unpacker.decompress(piece, _PIECE))
                    piece = unpacker.unconsumed_tail
                if total > most:
                    return True
    return False
