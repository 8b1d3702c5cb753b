"""The picture formats that are read. A new format is one line of PICTURE_FORMATS."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePath


@dataclass(frozen=True)
class PictureFormat:
    """A picture format.

    Attributes:
        name: Pillow's name.
        suffixes: of its files, in lower case; stored files get the first.
        media_type: its MIME type.

    """

    name: str
    suffixes: tuple[str, ...]
    media_type: str


PICTURE_FORMATS = (
    PictureFormat("PNG", (".png",), "image/png"),
    PictureFormat("JPEG", (".jpg", ".jpeg", ".jpe", ".jfif"), "image/jpeg"),
    PictureFormat("WEBP", (".webp",), "image/webp"),
    PictureFormat("TIFF", (".tif", ".tiff"), "image/tiff"),
    PictureFormat("BMP", (".bmp",), "image/bmp"),
    PictureFormat("GIF", (".gif",), "image/gif"),
    PictureFormat("AVIF", (".avif",), "image/avif"),
    PictureFormat("PPM", (".ppm", ".pgm", ".pbm", ".pnm"), "image/x-portable-pixmap"),
)
"""The formats that are decoded. Decoding others, such as EPS, may run programs."""

NAMES = tuple(one.name for one in PICTURE_FORMATS)
"""Pillow's names of the formats."""
SUFFIXES = frozenset(suffix for one in PICTURE_FORMATS for suffix in one.suffixes)
"""Suffixes of picture files, in lower case."""
ACCEPT = ",".join([*(one.media_type for one in PICTURE_FORMATS), *sorted(SUFFIXES)])
"""The `accept` attribute of a file field for pictures."""

_BY_NAME = {one.name: one for one in PICTURE_FORMATS}
_BY_SUFFIX = {suffix: one for one in PICTURE_FORMATS for suffix in one.suffixes}


def suffix_of(name: str | None) -> str:
    """The suffix of stored files of the format that Pillow calls `name`; `.img` if unknown."""
    known = _BY_NAME.get(name or "")
    return known.suffixes[0] if known else ".img"


def media_type_of(path: PurePath) -> str:
    """The MIME type of a picture file, by its suffix."""
    known = _BY_SUFFIX.get(path.suffix.lower())
    return known.media_type if known else "application/octet-stream"


def is_picture_name(path: PurePath) -> bool:
    """Whether the suffix is that of a picture, in any case."""
    return path.suffix.lower() in _BY_SUFFIX


def without_suffix(name: str) -> str:
    """The name of a picture file without its suffix; other names are unchanged."""
    path = PurePath(name)
    return name[: -len(path.suffix)] if is_picture_name(path) else name
