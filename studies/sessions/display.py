"""Picture files for participants, encoded alike so that files reveal nothing about a method.

Every picture becomes an 8-bit RGB PNG without metadata, at most MAX_SIDE pixels a side and never
enlarged. Files are named by content and written once.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from common.checksums import sha256_of
from common.errors import PictureError
from common.media import media_path, write_once

if TYPE_CHECKING:
    from pathlib import Path

    from studies.models import Trial

MAX_SIDE = 1024
"""The largest place of a picture on a page, in pixels."""
POLICY = "png-rgb-2"
"""Its number is raised when a picture may be encoded differently: from 2 on, in sRGB."""
CONTENT_TYPE = "image/png"


def display_file(trial: Trial, place: str) -> Path:
    """The file that a trial shows at a place: reference, left or right.

    Raises:
        PictureError: the file is missing, or differs from the one in the trial's snapshot.

    """
    if trial.reference is None or trial.left is None or trial.right is None:
        raise PictureError("an imported trial has no pictures here")
    paths = {"reference": trial.reference.path, "left": trial.left.path, "right": trial.right.path}
    width = MAX_SIDE
    if place != "reference":  # both at the width of the smaller one
        width = min(trial.left.width or MAX_SIDE, trial.right.width or MAX_SIDE, MAX_SIDE)
    return encoded(paths[place], trial.snapshot[place]["sha256"], width)


def encoded(source: Path, sha256: str, width: int) -> Path:
    """The file of a picture at a width, at most MAX_SIDE high; made at the first call.

    Raises:
        PictureError: the source is missing, or its hash is not `sha256`.

    """

    def make() -> bytes:
        # Pillow is slow to import and needed only for a picture's first display.
        from PIL import Image

        from common.pictures import read_picture

        if not source.exists() or sha256_of(source) != sha256:
            raise PictureError(f"{source} is missing or was changed: import or generate it again")
        image = read_picture(source)
        scale = min(1.0, width / image.width, MAX_SIDE / image.height)
        if scale < 1:
            size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
            image = image.resize(size, Image.Resampling.LANCZOS)
        # A new picture has no EXIF data, text or colour profile of the source.
        clean = Image.new("RGB", image.size)
        clean.paste(image)
        buffer = io.BytesIO()
        clean.save(buffer, "PNG")
        return buffer.getvalue()

    return write_once(media_path(f"shown/{POLICY}/{sha256[:2]}/{sha256}-{width}.png"), make)
