"""Pictures as records: stored once, whole or not at all."""

from __future__ import annotations

import os
import time

import numpy as np
import pytest
from PIL import Image
from scipy.io import savemat

from common.checksums import sha256_of
from common.errors import InputError, PictureError, StorageError
from common.media import media_path, new_file, sweep_temporary
from tests.transfer.conftest import draw
from transfer.media.thumbnails import SIDE
from transfer.models import Picture

pytestmark = pytest.mark.django_db


def annotate(path, size=(40, 32)):
    """Write a BSDS500 annotation of one person."""
    person = np.zeros((1, 1), dtype=[("Segmentation", "O"), ("Boundaries", "O")])
    person["Boundaries"][0, 0] = np.zeros(size[::-1], dtype=np.uint8)
    cell = np.empty((1, 1), dtype=object)
    cell[0, 0] = person
    savemat(path, {"groundTruth": cell})
    return path


def stored_files(media):
    return sorted(path for path in media.rglob("*") if path.is_file())


def test_it_stores_a_picture_under_its_hash(media, tmp_path):
    path = draw(tmp_path / "sea.png")
    picture = Picture.from_file(path, "content", licence="CC0", source="here")
    assert picture.is_new
    assert (picture.name, picture.width, picture.height) == ("sea", 40, 32)
    assert picture.sha256 == sha256_of(path) == picture.path.stem
    assert picture.path.read_bytes() == path.read_bytes()
    assert (picture.licence, picture.source) == ("CC0", "here")


def test_the_same_file_is_stored_once_for_each_role(media, tmp_path):
    path = draw(tmp_path / "sea.png")
    first = Picture.from_file(path, "content", name="first")
    again = Picture.from_file(path, "content", name="second")
    style = Picture.from_file(path, "style")
    assert (again.pk, again.name, again.is_new) == (first.pk, "first", False)
    assert style.pk != first.pk
    assert len(stored_files(media)) == 1


def test_the_type_comes_from_the_content_not_from_the_name(media, tmp_path):
    Image.new("RGB", (20, 20), "red").save(tmp_path / "picture.png", format="JPEG")
    assert Picture.from_file(tmp_path / "picture.png", "content").path.suffix == ".jpg"


def test_a_turned_photograph_has_the_size_that_is_seen(media, tmp_path):
    image = Image.new("RGB", (60, 20), "blue")
    exif = image.getexif()
    exif[0x0112] = 6  # turned by a quarter
    image.save(tmp_path / "turned.jpg", exif=exif)
    picture = Picture.from_file(tmp_path / "turned.jpg", "content")
    assert (picture.width, picture.height) == (20, 60)
    assert Image.open(picture.thumbnail()).size == (20, 60)


@pytest.mark.parametrize("bad", ["text", "truncated", "pixel"])
def test_a_bad_file_leaves_nothing_behind(media, tmp_path, bad):
    path = tmp_path / "bad.png"
    if bad == "text":
        path.write_text("no picture")
    elif bad == "truncated":
        Image.effect_noise((200, 200), 80).save(tmp_path / "whole.jpg")
        path.write_bytes((tmp_path / "whole.jpg").read_bytes()[:2000])
    else:
        Image.new("RGB", (1, 1)).save(path)
    with pytest.raises(PictureError):
        Picture.from_file(path, "content")
    assert not Picture.objects.exists()
    assert stored_files(media) == []


def test_an_unknown_role_is_refused(media, tmp_path):
    with pytest.raises(InputError, match="unknown role 'mood'"):
        Picture.from_file(draw(tmp_path / "sea.png"), "mood")


def test_annotations_are_kept_with_their_picture(media, tmp_path):
    path, mat = draw(tmp_path / "sea.png"), annotate(tmp_path / "sea.mat")
    assert not Picture.from_file(path, "content").annotations
    picture = Picture.from_file(path, "content", annotations=mat)
    assert not picture.is_new
    assert media_path(picture.annotations.name).read_bytes() == mat.read_bytes()


@pytest.mark.parametrize("bad", ["another size", "text", "another variable"])
def test_annotations_of_another_kind_are_refused(media, tmp_path, bad):
    mat = tmp_path / "sea.mat"
    if bad == "text":
        mat.write_text("no annotations")
    elif bad == "another size":
        annotate(mat, size=(41, 32))
    else:
        savemat(mat, {"other": np.zeros(3)})
    with pytest.raises(PictureError, match=r"sea\.mat"):
        Picture.from_file(draw(tmp_path / "sea.png"), "content", annotations=mat)
    assert not Picture.objects.exists()


@pytest.mark.golden
def test_the_annotations_of_bsds_are_accepted(media, shared):
    data = shared / "data" / "bsds500"
    picture = Picture.from_file(
        data / "images" / "test" / "101084.jpg",
        "content",
        annotations=data / "groundTruth" / "test" / "101084.mat",
    )
    assert picture.annotations


def test_a_thumbnail_is_small_and_made_once(media, tmp_path):
    picture = Picture.from_file(draw(tmp_path / "wide.png", size=(800, 400)), "style")
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


def test_it_says_how_to_get_pictures_where_there_are_none(db):
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
