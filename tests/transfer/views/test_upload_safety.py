"""Hostile files and names, through the upload page and through the commands."""

from __future__ import annotations

import csv
import os
import struct
import zlib
from io import BytesIO, StringIO
from pathlib import Path

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from PIL import Image
from scipy.io import savemat

from common.errors import PictureError
from tests.common.test_pictures import bomb
from tests.transfer.conftest import annotate, draw, stored_files
from tests.transfer.views.test_picture_pages import png, upload
from transfer.batches.import_pictures import store_picture
from transfer.models import Batch, Picture, Stimulus

pytestmark = pytest.mark.django_db
BOUNDARY = "a-boundary"


def send_raw(client: Client, name: bytes, data: bytes):
    """An upload whose file name is sent unchanged, unlike by a browser."""
    body = BytesIO()
    body.write(f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="role"\r\n\r\n'.encode())
    body.write(f"content\r\n--{BOUNDARY}\r\nContent-Type: image/png\r\n".encode())
    body.write(b'Content-Disposition: form-data; name="pictures"; filename="' + name + b'"\r\n\r\n')
    body.write(data + f"\r\n--{BOUNDARY}--\r\n".encode())
    kind = f"multipart/form-data; boundary={BOUNDARY}"
    return client.post(
        reverse("transfer:pictures"), body.getvalue(), content_type=kind, follow=True
    )


@pytest.mark.parametrize(
    "name",
    [
        b"../../x.png",
        b"/etc/cron.d/x.png",
        b"C:\\\\windows\\\\x.png",
        b"..%2f..%2fx.png",
        b"x.png\x00.html",
        b"\x00x.png",
        "\u202egnp.x.png".encode(),  # right-to-left override
        "．．／．．／x.png".encode(),  # full-width dots and slash
        "..\u2215..\u2215x.png".encode(),  # a character that looks like a slash
        b"con:x.png",
        b"x.png;.html",
        b"~/x.png",
        b"$(touch x).png",
        ("画" * 200 + ".png").encode(),
        b"a" * 400 + b".png",
        b"...",
        b"?!*",
        b".htaccess",
        b"x.svg",
    ],
)
def test_an_upload_is_stored_under_its_hash_whatever_its_name(researcher, media, tmp_path, name):
    outside = {path for path in tmp_path.rglob("*") if media not in path.parents}
    answer = send_raw(researcher, name, png())
    assert b"1 picture stored" in answer.content
    picture = Picture.objects.get()
    [kept] = [path for path in stored_files(media) if path.parent.parent.name == "pictures"]
    assert kept == picture.path and kept.name == f"{picture.sha256}.png"
    assert all(letter.isprintable() and letter not in "/\\" for letter in picture.name)
    assert {path for path in tmp_path.rglob("*") if media not in path.parents} == outside


@pytest.mark.parametrize("name", [b"..", b".", b"", b"/", b"../", b"\xff\xfe.png"])
def test_an_upload_without_a_name_is_not_a_file(researcher, media, name):
    answer = send_raw(researcher, name, png())
    # Without a name it is a text and not a file, and one that cannot be stored.
    assert (b"This field is required" if name else b"cannot be stored") in answer.content
    assert stored_files(media) == []


def in_format(kind: str) -> bytes:
    data = BytesIO()
    Image.new("RGB", (40, 32), "red").save(data, kind)
    return data.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"<!doctype html><script>alert(1)</script>",
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 40 32\n",
        b"%PDF-1.7\n",
        b"PK\x03\x04" + b"\0" * 60,
        b"MZ" + b"\0" * 60,
        b"#!/bin/sh\ntouch /tmp/x\n",
        in_format("ICO"),
        in_format("PDF"),
        in_format("EPS"),
    ],
    ids=["svg", "html", "eps", "pdf", "zip", "exe", "script", "icon", "whole pdf", "whole eps"],
)
def test_the_type_is_that_of_the_content_not_of_the_name(researcher, media, data):
    answer = upload(researcher, ("honest.png", data))
    assert "honest.png is not a picture that can be read" in answer.content.decode()
    assert stored_files(media) == [] and not Picture.objects.exists()


def test_a_picture_that_contains_html_is_sent_as_a_picture(researcher, media):
    upload(researcher, ("page.html", png() + b"<script>alert(1)</script>"))
    picture = Picture.objects.get()
    answer = researcher.get(picture.file_url)
    assert answer["Content-Type"] == "image/png"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "default-src" in answer["Content-Security-Policy"]


def gif(side: int) -> bytes:
    """A small GIF that announces side × side pixels."""
    screen = struct.pack("<HHBBB", side, side, 0x80, 0, 0) + bytes(6)
    return b"GIF89a" + screen + b"," + struct.pack("<HHHHB", 0, 0, side, side, 0) + b"\x02\x01D\0;"


def deflated(side: int) -> bytes:
    """A complete PNG of side × side white pixels: a few kilobytes that unpack to many megabytes."""
    line = b"\0" + b"\xff" * side
    packer = zlib.compressobj(9)
    data = b"".join(packer.compress(line) for _ in range(side)) + packer.flush()
    out = b"\x89PNG\r\n\x1a\n"
    head = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    for kind, body in ((b"IHDR", head), (b"IDAT", data), (b"IEND", b"")):
        out += struct.pack(">I", len(body)) + kind + body
        out += struct.pack(">I", zlib.crc32(kind + body))
    return out


@pytest.mark.parametrize("data", [gif(65_000), deflated(6_400)], ids=["gif", "png"])
def test_a_bomb_is_refused_before_it_is_unpacked(researcher, media, monkeypatch, data):
    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", lambda self: pytest.fail("it was decoded"))
    assert len(data) < 60_000
    answer = upload(researcher, ("bomb.png", data)).content.decode()
    assert "bomb.png is too large" in answer
    assert stored_files(media) == []


def test_a_file_that_is_too_large_is_reported_and_others_are_stored(researcher, media, monkeypatch):
    monkeypatch.setattr("transfer.batches.source_files.LARGEST_UPLOAD", 4096)
    answer = upload(researcher, ("huge.png", png() + bytes(5000)), ("sea.png", png()))
    assert "huge.png is larger than" in answer.content.decode()
    assert Picture.objects.get().name == "sea"


def mat_bomb(path: Path, megabytes: int) -> Path:
    """Annotations with a matrix that packs a thousandfold."""
    savemat(path, {"groundTruth": np.zeros((1024, 1024 * megabytes), np.uint8)},
            do_compression=True)  # fmt: skip
    return path


def test_annotations_that_unpack_to_too_much_are_refused(researcher, media, tmp_path, monkeypatch):
    packed = mat_bomb(tmp_path / "bomb.mat", 32).read_bytes()
    assert len(packed) < 60_000
    answer = upload(researcher, ("bomb.png", png()), mats=[("bomb.mat", packed)])
    assert (
        "bomb.mat holds no boundary annotations: it unpacks to more than" in answer.content.decode()
    )
    assert stored_files(media) == []


def test_annotations_may_be_compressed(tmp_path, media):
    person = np.zeros((1, 1), dtype=[("Segmentation", "O"), ("Boundaries", "O")])
    person["Boundaries"][0, 0] = np.eye(32, 40, dtype=np.uint8)
    people = np.empty((1, 5), dtype=object)
    people[:] = [[person] * 5]
    savemat(tmp_path / "a.mat", {"groundTruth": people}, do_compression=True)
    plain = annotate(tmp_path / "b.mat")
    for number, mat in enumerate((tmp_path / "a.mat", plain)):
        picture = draw(tmp_path / f"{number}.png", seed=number)
        assert store_picture(picture, "content", annotations=mat).annotated
    damaged = tmp_path / "c.mat"
    damaged.write_bytes((tmp_path / "a.mat").read_bytes()[:150] + b"nonsense")
    with pytest.raises(PictureError, match="no boundary annotations"):
        store_picture(draw(tmp_path / "2.png", seed=9), "content", annotations=damaged)


def said(*arguments: object) -> tuple[str, str]:
    out, err = StringIO(), StringIO()
    with pytest.raises(CommandError, match="cannot be used"):
        call_command(*map(str, arguments), stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def test_the_command_imports_pictures_only(media, tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    draw(folder / "good.png")
    bomb(folder / "bomb.png", 20_000)
    (folder / "page.png").write_text("<script>")
    os.mkfifo(folder / "pipe.png")  # reading it would never end
    (folder / "device.png").symlink_to("/dev/zero")
    (folder / "secret.png").symlink_to("/etc/passwd")
    (folder / "lost.png").symlink_to(tmp_path / "nowhere")
    Path(os.fsdecode(os.fsencode(folder) + b"/\xff.png")).write_bytes(png())
    out, err = said("import_pictures", folder, "--role", "content")
    assert "2 new, 0 kept, 3 bad" in out
    assert {line.split()[1] for line in err.splitlines()} == {"bomb.png", "page.png", "secret.png"}
    assert {picture.name for picture in Picture.objects.all()} == {"good", "?"}
    assert len(stored_files(media)) == 2


@pytest.mark.parametrize(
    "image", ["/etc/passwd", "../../../etc/passwd", "bomb.png", "."],
)  # fmt: skip
def test_a_manifest_imports_pictures_only(media, tmp_path, image):
    bomb(tmp_path / "bomb.png", 20_000)
    for name in ("c.png", "s.png", "good.png"):
        draw(tmp_path / name, seed=len(name))
    with (tmp_path / "m.csv").open("w", newline="") as file:
        rows = [["image", "content", "style", "method"], ["good.png", "c.png", "s.png", "a"]]
        csv.writer(file).writerows([*rows, [image, "c.png", "s.png", "a"]])
    _, err = said("import_stimuli", tmp_path / "m.csv", "--batch", "b")
    assert "line 3" in err
    assert not Stimulus.objects.exists() and not Batch.objects.exists()
    assert stored_files(media) == []


def test_a_manifest_with_a_zero_byte_is_refused(media, tmp_path):
    draw(tmp_path / "good.png")
    rows = "image,content,style,method\ngood.png,good.png,good.png,a\na\0.png,good.png,good.png,a\n"
    (tmp_path / "m.csv").write_text(rows)
    with pytest.raises(CommandError, match="no text at all"):
        call_command("import_stimuli", str(tmp_path / "m.csv"), "--batch", "b")
    assert not Batch.objects.exists() and stored_files(media) == []
