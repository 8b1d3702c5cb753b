"""The table of picture formats."""

from __future__ import annotations

from pathlib import PurePath

import pytest
from PIL import Image, features

from common import formats


@pytest.mark.parametrize("one", formats.PICTURE_FORMATS, ids=lambda one: one.name)
def test_it_names_formats_as_pillow_does(one: formats.PictureFormat) -> None:
    Image.init()
    assert one.name in Image.OPEN
    for suffix in one.suffixes:
        assert Image.EXTENSION.get(suffix, one.name) == one.name
    assert features.check("webp") or one.name != "WEBP"


def test_each_suffix_belongs_to_one_format() -> None:
    suffixes = [suffix for one in formats.PICTURE_FORMATS for suffix in one.suffixes]
    assert len(suffixes) == len(set(suffixes)) == len(formats.SUFFIXES)


@pytest.mark.parametrize(
    ("name", "media_type"),
    [("a.png", "image/png"), ("a.JPE", "image/jpeg"), ("a.pgm", "image/x-portable-pixmap"),
     ("a.svg", "application/octet-stream"), ("a", "application/octet-stream")],
)  # fmt: skip
def test_it_knows_the_media_type(name: str, media_type: str) -> None:
    assert formats.media_type_of(PurePath(name)) == media_type


@pytest.mark.parametrize(
    ("name", "bare"),
    [("oil.tif", "oil"), ("a.b.JPEG", "a.b"), ("v1.5", "v1.5"), ("wave [1]", "wave [1]")],
)
def test_it_removes_the_suffix_of_pictures_only(name: str, bare: str) -> None:
    assert formats.without_suffix(name) == bare
