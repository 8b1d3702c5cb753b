"""Stored pictures: names, thumbnails and files."""

from __future__ import annotations

import os
import time

import pytest
from PIL import Image

from common.errors import InputError, StorageError
from common.media import media_path, new_file, sweep_temporary
from tests.transfer.conftest import draw, stored_files
from transfer.batches.import_pictures import store_picture
from transfer.media.thumbnails import SIDE
from transfer.models import Picture

pytestmark = pytest.mark.django_db


def test_a_thumbnail_is_small_and_made_once(media, tmp_path):
    picture = store_picture(draw(tmp_path / "wide.png", size=(800, 400)), "style").picture
    path = picture.thumbnail()
    made = path.stat().st_mtime_ns
    assert Image.open(path).size == (SIDE, SIDE // 2)
    assert picture.thumbnail().stat().st_mtime_ns == made


def test_pictures_are_found_by_name_pattern_and_hash(picture):
    sea, lake = picture("content", "sea-1", seed=1), picture("content", "lake", seed=2)
    picture("style", "sea-2")
    find = Picture.objects.matching
    assert find("content") == [lake, sea]
    assert find("content", ["sea*"]) == [sea]
    assert find("content", ["lake", sea.sha256[:8].upper()]) == [lake, sea]
    with pytest.raises(InputError, match="no content picture is named 'sky'"):
        find("content", ["sky", "lake"])


def test_without_pictures_the_error_names_the_import(db):
    with pytest.raises(InputError, match="import_pictures"):
        Picture.objects.matching("content")


def test_a_write_that_fails_leaves_no_file(media):
    target = media_path("stimuli/00/whole.png")
    with pytest.raises(StorageError, match="disk is full"), new_file(target) as file:
        file.write(b"half")
        raise OSError(28, "No space left on device")
    assert stored_files(media) == []


def test_only_abandoned_temporary_files_are_swept(media):
    sweep_temporary()
    old, new = media_path("temporary/old.png"), media_path("temporary/new.png")
    for path in (old, new):
        path.write_bytes(b"half")
    hours_ago = time.time() - 7200
    os.utime(old, (hours_ago, hours_ago))
    assert sweep_temporary() == 1
    assert stored_files(media) == [new]
