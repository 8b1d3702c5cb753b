"""Boundary maps as greyscale files: strength 0 … 1 as 0 … 65535, or 0 … 255 in 8-bit input."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from common.errors import PictureError
from common.pictures import MAX_PIXELS, write_png


def write_map(strength: NDArray[np.floating], path: Path) -> None:
    """Write strengths (H, W) in [0, 1] as a 16-bit greyscale PNG, whole or not at all.

    Raises:
        InputError: the folder is missing or may not be written.

    """
    levels = np.rint(strength.astype(np.float64).clip(0, 1) * 65535)
    write_png(Image.fromarray(levels.astype(np.uint16)), path)


def read_map(path: Path) -> NDArray[np.float64]:
    """Read strengths (H, W) in [0, 1] from an 8-bit or 16-bit greyscale picture.

    Raises:
        PictureError: the file is missing, not a picture, damaged, too large or not greyscale.

    """
    try:
        with Image.open(path, formats=("PNG", "TIFF")) as image:
            if image.width * image.height > MAX_PIXELS:
                raise PictureError(f"{path} is too large: at most {MAX_PIXELS} pixels are accepted")
            image.load()
            levels, mode = np.asarray(image), image.mode
    except PictureError:
        raise
    except FileNotFoundError:
        raise PictureError(f"boundary map not found: {path}: check the path") from None
    except Exception:  # the decoder raises various errors for damaged files
        raise PictureError(f"{path} is not a boundary map that can be read: use PNG") from None
    if mode in ("1", "L"):
        return levels / (1 if mode == "1" else 255)
    if mode.startswith("I"):
        return levels.clip(0, 65535) / 65535
    raise PictureError(f"{path} is not greyscale but {mode}: a boundary map has one channel")
