"""Colour profiles of pictures: what is converted to sRGB, and the rule's name in results."""

from __future__ import annotations

import io
from pathlib import Path

from PIL import Image, ImageCms

from common.formats import NAMES

CONVERSION = "srgb-1"
"""The conversion, named in results that depend on a converted picture; its number is raised when a
converted picture may change. Results of other pictures do not name it."""


def as_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """The picture in RGB.

    Colours of an embedded ICC profile other than sRGB are converted with its perceptual intent.
    A damaged profile, or one of another colour space than the pixels, is ignored.
    """
    mode = _mode(image)
    plain = image.convert(mode)
    if (transform := _transform(mode, profile)) is not None:
        converted = ImageCms.applyTransform(plain, transform)
        assert converted is not None
        return converted
    return plain.convert("RGB")


def is_converted(path: Path) -> bool:
    """Whether reading the picture at `path` converts its colours; only its head is read.

    False for a file that is no picture or cannot be read.
    """
    try:
        with Image.open(path, formats=NAMES) as image:
            return _transform(_mode_when_read(image), image.info.get("icc_profile")) is not None
    except Exception:  # a damaged head can make a decoder raise nearly anything
        return False


def _mode(image: Image.Image) -> str:
    return image.mode if image.mode in ("L", "CMYK") else "RGB"


def _mode_when_read(image: Image.Image) -> str:
    """The mode of a picture that was only opened, once `common.pictures` has decoded it."""
    if image.has_transparency_data:
        return "RGB"
    return "L" if image.mode.startswith("I") else _mode(image)


def _transform(mode: str, profile: bytes | None) -> ImageCms.ImageCmsTransform | None:
    """From `profile` to sRGB for pixels of `mode`; None where nothing is to be converted."""
    if not profile:
        return None
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if _is_srgb(source):
            return None
        return ImageCms.buildTransform(source, ImageCms.createProfile("sRGB"), mode, "RGB")
    except (ImageCms.PyCMSError, OSError):
        return None


def _is_srgb(profile: ImageCms.ImageCmsProfile) -> bool:
    # Conversion from sRGB to itself would change some values by rounding.
    return "srgb" in (profile.profile.profile_description or "").lower()
