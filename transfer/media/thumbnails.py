"""Small JPEGs of pictures, which the first call makes and stores."""

from __future__ import annotations

import io
from pathlib import Path

from common.media import media_path, write_once
from common.pictures import read_picture

SIDE = 320
"""Pixels of the longer side."""


def thumbnail(path: Path, sha256: str) -> Path:
    """The small version of the picture at `path`, whose hash is `sha256`.

    Raises:
        PictureError: the picture is missing or damaged, and no small version was made before.

    """

    def make() -> bytes:
        image = read_picture(path)
        image.thumbnail((SIDE, SIDE))
        buffer = io.BytesIO()
        image.save(buffer, "JPEG", quality=85)
        return buffer.getvalue()

    return write_once(thumbnail_path(sha256), make)


def thumbnail_path(sha256: str) -> Path:
    """Path of the thumbnail of the picture with this hash."""
    return media_path(f"thumbnails/{sha256[:2]}/{sha256}.jpg")
