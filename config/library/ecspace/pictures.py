"""What the library takes as a picture: a file or a picture of Pillow."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image

from common.pictures import read_picture, write_png

Picture = str | Path | Image.Image
"""A file, in any format that EC Space reads, or a picture of Pillow."""


def opened(picture: Picture) -> Image.Image:
    """The picture, upright and in RGB.

    Raises:
        InputError: the file is missing, or is not a picture that can be used.

    """
    if isinstance(picture, Image.Image):
        return picture.convert("RGB")
    return read_picture(Path(picture))


@contextmanager
def as_file(picture: Picture) -> Iterator[Path]:
    """A file with the picture, which is removed afterwards if it was made for that."""
    if not isinstance(picture, Image.Image):
        yield Path(picture)
        return
    with TemporaryDirectory(prefix="ecspace-") as folder:
        path = Path(folder) / "picture.png"
        write_png(picture.convert("RGB"), path)
        yield path
