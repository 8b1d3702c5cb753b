"""Import of pictures: each is stored once, completely or not at all, with its annotations."""

from __future__ import annotations

import os
from collections import Counter
from io import StringIO

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse
from PIL import Image
from scipy.io import savemat

import common.media
from common.annotations import read_annotations
from common.checksums import sha256_of
from common.errors import InputError, PictureError
from common.media import media_path
from common.pictures import read_picture
from tests.transfer.conftest import annotate, draw, stored_files
from transfer.batches.import_pictures import store_picture
from transfer.models import Picture

pytestmark = pytest.mark.django_db


def store(*arguments, **options) -> Picture:
    picture = store_picture(*arguments, **options).picture
    assert picture is not None
    return picture


def test_it_stores_a_picture_under_its_hash(media, tmp_path):
    path = draw(tmp_path / "sea.png")
    picture = store(path, "content", licence="CC0", source="here")
    assert picture.pk == Picture.objects.get().pk
    assert (picture.name, picture.width, picture.height) == ("sea", 40, 32)
    assert picture.sha256 == sha256_of(path) == picture.path.stem
    assert picture.path.read_bytes() == path.read_bytes()
    assert (picture.licence, picture.source) == ("CC0", "here")


def test_the_same_file_is_stored_once_for_each_role(media, tmp_path):
    path = draw(tmp_path / "sea.png")
    first = store_picture(path, "content", name="first")
    again = store_picture(path, "content", name="second")
    assert (first.is_new, again.is_new) == (True, False)
    assert (again.picture.pk, again.picture.name) == (first.picture.pk, "first")
    assert store(path, "style").pk != first.picture.pk
    assert len(stored_files(media)) == 1


def test_the_type_comes_from_the_content_not_from_the_name(media, tmp_path):
    Image.new("RGB", (20, 20), "red").save(tmp_path / "picture.png", format="JPEG")
    assert store(tmp_path / "picture.png", "content").path.suffix == ".jpg"


def test_a_rotated_photograph_has_the_size_that_is_shown(media, tmp_path):
    image = Image.new("RGB", (60, 20), "blue")
    exif = image.getexif()
    exif[0x0112] = 6  # turned by a quarter
    image.save(tmp_path / "turned.jpg", exif=exif)
    picture = store(tmp_path / "turned.jpg", "content")
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
        store_picture(path, "content")
    assert not Picture.objects.exists()
    assert stored_files(media) == []


def test_an_unknown_role_is_refused(media, tmp_path):
    with pytest.raises(InputError, match="unknown role 'mood'"):
        store_picture(draw(tmp_path / "sea.png"), "mood")


def test_annotations_are_kept_with_their_picture(media, tmp_path):
    path, mat = draw(tmp_path / "sea.png"), annotate(tmp_path / "sea.mat")
    assert not store(path, "content").annotations
    again = store_picture(path, "content", annotations=mat)
    assert (again.is_new, again.annotated, again.replaced) == (False, True, False)
    assert media_path(again.picture.annotations.name).read_bytes() == mat.read_bytes()


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
        store_picture(draw(tmp_path / "sea.png"), "content", annotations=mat)
    assert not Picture.objects.exists()


@pytest.mark.golden
def test_the_annotations_of_bsds_are_accepted(media, shared):
    data = shared / "data" / "bsds500"
    picture = store(
        data / "images" / "test" / "101084.jpg",
        "content",
        annotations=data / "groundTruth" / "test" / "101084.mat",
    )
    assert picture.annotations


def run(folder, *options) -> tuple[str, str]:
    """The command's standard output and error; it may end with an error."""
    out, err = StringIO(), StringIO()
    try:
        call_command(
            "import_pictures", str(folder), "--role", "content", *map(str, options),
            stdout=out, stderr=err,
        )  # fmt: skip
    except CommandError as error:
        err.write(str(error))
    return out.getvalue(), err.getvalue()


def test_it_takes_the_folders_of_bsds500(media, tmp_path):
    for seed, part in enumerate(("train", "val", "test")):
        for folder in ("images", "groundTruth"):
            (tmp_path / folder / part).mkdir(parents=True)
        draw(tmp_path / "images" / part / "12.png", seed=seed)
        line = np.zeros((32, 40), np.uint8)
        line[:, 5 + seed] = 1
        annotate(tmp_path / "groundTruth" / part / "12.mat", line)
    draw(tmp_path / "images" / "alone.png", seed=9)
    annotate(tmp_path / "groundTruth" / "nobody.mat")
    out, _ = run(tmp_path / "images", "--annotations", tmp_path / "groundTruth")
    assert "annotated pictures: 3\n" in out
    assert "without annotations: 1 (alone.png)" in out
    assert "annotations without a picture: 1 (nobody.mat)" in out
    assert "4 new, 0 kept, 0 bad" in out
    # Each has that of its own folder.
    for picture in Picture.objects.exclude(annotations=""):
        kept = media_path(picture.annotations.name)
        (column,) = np.nonzero(read_annotations(kept).boundaries[0, 0])[0]
        seed = column - 5
        assert sha256_of(draw(tmp_path / "same.png", seed=int(seed))) == picture.sha256


def test_a_corrected_annotation_replaces_the_old_one(media, tmp_path):
    for name in ("images", "first", "corrected"):
        (tmp_path / name).mkdir()
    draw(tmp_path / "images" / "a.png")
    annotate(tmp_path / "first" / "a.mat")
    corrected = annotate(tmp_path / "corrected" / "a.mat", np.eye(32, 40, dtype=np.uint8))
    run(tmp_path / "images", "--annotations", tmp_path / "first")
    out, _ = run(tmp_path / "images", "--annotations", tmp_path / "corrected")
    assert "annotated pictures: 1, 1 of them replaced" in out and "1 kept" in out
    assert media_path(Picture.objects.get().annotations.name).read_bytes() == corrected.read_bytes()
    again, _ = run(tmp_path / "images", "--annotations", tmp_path / "corrected")
    assert "replaced" not in again


def turned_picture(path, orientation: int):
    """A picture that its EXIF data rotates, and the annotation of its stored pixels."""
    pixels = np.zeros((80, 120, 3), np.uint8)
    pixels[10:30, 10:70] = 200
    image = Image.fromarray(pixels)
    exif = image.getexif()
    exif[0x0112] = orientation
    image.save(path, exif=exif)
    edges = np.zeros((80, 120), np.uint8)
    edges[10, 10:70] = 1
    return edges


@pytest.mark.parametrize("orientation", range(1, 9))
def test_annotations_of_the_stored_pixels_are_rotated(media, tmp_path, orientation):
    edges = turned_picture(tmp_path / "a.png", orientation)
    mat = annotate(tmp_path / "a.mat", edges)
    result = store_picture(tmp_path / "a.png", "content", annotations=mat, frame="stored")
    assert result.warning == ""
    found = read_annotations(media_path(result.picture.annotations.name))
    upright = np.asarray(read_picture(result.picture.path))[:, :, 0] > 100
    assert found.size == (result.picture.width, result.picture.height)
    assert upright[found.boundaries[0]].all(), "the line lies on the rectangle"


def test_a_rotated_picture_with_a_doubtful_annotation_is_reported(media, tmp_path):
    mat = annotate(tmp_path / "a.mat", turned_picture(tmp_path / "a.png", 3))
    result = store_picture(tmp_path / "a.png", "content", annotations=mat)
    assert "turned by its EXIF data (orientation 3)" in result.warning
    mat = annotate(tmp_path / "b.mat", turned_picture(tmp_path / "b.png", 6))
    with pytest.raises(PictureError, match="fits its stored pixels.*--annotations-frame stored"):
        store_picture(tmp_path / "b.png", "content", annotations=mat)


def test_a_multi_picture_jpeg_is_a_jpeg(researcher, media, tmp_path):
    first, second = (Image.new("RGB", (64, 48), colour) for colour in ("red", "blue"))
    first.save(tmp_path / "phone.jpg", "MPO", save_all=True, append_images=[second])
    with Image.open(tmp_path / "phone.jpg") as image:
        assert image.format == "MPO"
    picture = store(tmp_path / "phone.jpg", "content")
    assert picture.path.suffix == ".jpg"
    assert researcher.get(picture.file_url)["Content-Type"] == "image/jpeg"


def test_skipped_files_are_counted_except_hidden_ones(media, tmp_path):
    draw(tmp_path / "a.png")
    Image.new("RGB", (32, 32), "red").save(tmp_path / "d.jfif", "JPEG")
    Image.new("RGB", (32, 32), "green").save(tmp_path / "b.avif")
    Image.new("L", (32, 32), 90).save(tmp_path / "f.pgm", "PPM")
    for name in ("c.HEIC", "e", "notes.txt", ".DS_Store", "._a.jpg"):
        (tmp_path / name).write_bytes(b"anything")
    (tmp_path / "g.png").symlink_to(tmp_path / "gone.png")
    os.mkfifo(tmp_path / "h.png")
    out, _ = run(tmp_path)
    assert "4 new, 0 kept, 0 bad" in out
    assert "5 files were skipped (.HEIC, .txt, broken link, no regular file, without suffix)" in out


def test_a_folder_without_known_formats_is_refused_with_its_suffixes(media, tmp_path):
    (tmp_path / "c.HEIC").write_bytes(b"anything")
    _, err = run(tmp_path)
    assert "holds no picture file; 1 file was skipped (.HEIC): convert" in err


@pytest.mark.parametrize(
    ("file", "name", "asked"),
    [
        ("wave [1].png", "wave [1]", "wave [1]"),
        ("wave [1].png", "wave [1]", "wave [1].png"),
        ("oil.tif.png", "oil.tif", "oil.tif"),
        ("sea.png", "sea", "sea.webp"),
        (" a  b .png", "a b", "a b"),
        ("a\nb.png", "a b", "a b"),
        ("star*.png", "star*", "star*"),
    ],
)
def test_names_are_found_as_listed(media, tmp_path, file, name, asked):
    picture = store(draw(tmp_path / file), "style")
    store(draw(tmp_path / "starfish.png", seed=3), "style")
    assert picture.name == name
    assert Picture.objects.matching("style", [asked]) == [picture]


def test_page_and_command_give_the_same_summary(researcher, media, tmp_path):
    for folder in ("images", "mats"):
        (tmp_path / folder).mkdir()
    for seed, name in enumerate("ab"):
        draw(tmp_path / "images" / f"{name}.png", seed=seed)
    for name in ("A_gt", "c"):
        annotate(tmp_path / "mats" / f"{name}.mat")
    out, _ = run(tmp_path / "images", "--annotations", tmp_path / "mats")
    Picture.objects.all().delete()
    files = {
        name: [path.open("rb") for path in sorted((tmp_path / folder).iterdir())]
        for name, folder in (("pictures", "images"), ("annotations", "mats"))
    }
    page = researcher.post(reverse("transfer:pictures"), {"role": "content", **files}, follow=True)
    lines = [line for line in out.splitlines() if ": " in line and not line.startswith("new")]
    assert len(lines) == 3
    for line in lines:
        assert line[1:] in page.content.decode()


def test_an_upload_is_decoded_and_hashed_once(researcher, media, tmp_path, monkeypatch):
    """It is not written to a temporary folder before it is stored."""
    counts = Counter()

    def counted(module, name):
        real = getattr(module, name)

        def call(*arguments, **options):
            counts[name] += 1
            return real(*arguments, **options)

        monkeypatch.setattr(module, name, call)

    counted(Image, "open")
    counted(common.media, "replace_file")
    monkeypatch.setattr("tempfile.mkdtemp", lambda *_, **__: pytest.fail("a temporary folder"))
    with draw(tmp_path / "sea.png").open("rb") as file:
        counts.clear()
        researcher.post(reverse("transfer:pictures"), {"role": "content", "pictures": file})
    assert Picture.objects.count() == 1
    assert counts["open"] == 1 and counts["replace_file"] == 1
