from __future__ import annotations

import io
import re
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from common import pictures
from common.errors import InputError, PictureError


def photograph(width: int = 40, height: int = 24) -> Image.Image:
    """A smooth picture whose left and upper parts differ."""
    y, x = np.mgrid[0:height, 0:width]
    pixels = np.stack([x * 255 / width, y * 255 / height, 0 * x + 90], axis=-1)
    return Image.fromarray(pixels.astype(np.uint8))


def bomb(path: Path, side: int) -> None:
    """A PNG of a few bytes whose header announces side × side pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    body = (
        chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"")
    )
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + body)


def test_it_reads_a_picture_as_rgb(tmp_path: Path) -> None:
    photograph().save(tmp_path / "a.png")
    image = pictures.read_picture(tmp_path / "a.png")
    assert (image.mode, image.size) == ("RGB", (40, 24))
    assert np.array_equal(np.asarray(image), np.asarray(photograph()))


def test_it_reads_an_open_file() -> None:
    buffer = io.BytesIO()
    photograph().save(buffer, format="PNG")
    buffer.seek(0)
    assert pictures.read_picture(buffer).size == (40, 24)


def test_it_turns_a_picture_upright(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # shown after a quarter turn clockwise
    photograph().save(tmp_path / "a.png", exif=exif)
    image = pictures.read_picture(tmp_path / "a.png")
    expected = np.rot90(np.asarray(photograph()), -1)
    assert np.array_equal(np.asarray(image), expected)


def test_it_blends_transparent_parts_with_white(tmp_path: Path) -> None:
    Image.new("RGBA", (20, 20), (200, 0, 0, 0)).save(tmp_path / "a.png")
    assert pictures.read_picture(tmp_path / "a.png").getpixel((3, 3)) == (255, 255, 255)


def test_it_scales_16_bit_grey(tmp_path: Path) -> None:
    Image.fromarray(np.full((20, 20), 0x8080, dtype=np.uint16)).save(tmp_path / "a.png")
    assert pictures.read_picture(tmp_path / "a.png").getpixel((3, 3)) == (128, 128, 128)


def test_it_refuses_32_bit_values(tmp_path: Path) -> None:
    Image.fromarray(np.zeros((20, 20), dtype=np.float32)).save(tmp_path / "a.tiff")
    with pytest.raises(PictureError, match="32-bit"):
        pictures.read_picture(tmp_path / "a.tiff")


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda path: None, "not found"),
        (lambda path: path.mkdir(), "is a folder"),
        (lambda path: path.write_bytes(b""), "not a picture"),
        (lambda path: path.write_text("hello"), "not a picture"),
        (lambda path: path.write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n"), "not a picture"),
        (lambda path: Image.new("RGB", (1, 1)).save(path, format="PNG"), "too small"),
        (lambda path: Image.new("RGB", (400, 15)).save(path, format="PNG"), "too small"),
        (lambda path: bomb(path, 20_000), "too large"),
        (lambda path: bomb(path, 10_000), "too large"),
        (lambda path: bomb(path, 7_000), "too large"),
        (lambda path: bomb(path, 500), "truncated or damaged"),
    ],
)
def test_it_refuses_bad_files_in_one_line(tmp_path: Path, make, said: str) -> None:
    make(tmp_path / "a.png")
    with pytest.raises(PictureError, match=said) as caught:
        pictures.read_picture(tmp_path / "a.png")
    assert "a.png" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "WEBP"])
def test_it_refuses_truncated_files(tmp_path: Path, file_format: str) -> None:
    whole = io.BytesIO()
    noise = np.random.default_rng(0).integers(0, 255, (64, 64, 3), dtype=np.uint8)
    Image.fromarray(noise).save(whole, format=file_format)
    (tmp_path / "a.jpg").write_bytes(whole.getvalue()[: len(whole.getvalue()) // 2])
    with pytest.raises(PictureError):
        pictures.read_picture(tmp_path / "a.jpg")


def test_it_never_decodes_a_bomb(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bomb(tmp_path / "a.png", 7_000)
    monkeypatch.setattr(Image.Image, "load", lambda self: pytest.fail("decoded"))
    with pytest.raises(PictureError, match="7000×7000"):
        pictures.read_picture(tmp_path / "a.png")


def test_it_resizes_to_a_width() -> None:
    assert pictures.resize_to_width(photograph(), 30).size == (30, 18)
    assert pictures.resize_to_width(photograph(30, 41), 64).size == (64, 87)


def test_it_resizes_the_shorter_side() -> None:
    assert pictures.resize_shorter(photograph(50, 31), 20).size == (int(20 * 50 / 31), 20)
    assert pictures.resize_shorter(photograph(31, 50), 20).size == (20, int(20 * 50 / 31))
    image = photograph(50, 31)
    expected = image.resize((32, 20), Image.Resampling.BILINEAR)
    assert np.array_equal(np.asarray(pictures.resize_shorter(image, 20)), np.asarray(expected))


def test_it_refuses_sizes_that_cannot_be_used() -> None:
    with pytest.raises(PictureError, match="too small"):
        pictures.resize_to_width(photograph(), 8)
    with pytest.raises(PictureError, match="too large"):
        pictures.resize_shorter(photograph(), 10_000)


def test_it_turns_pictures_into_tensors_and_back() -> None:
    tensor = pictures.to_tensor(photograph())
    assert (tensor.shape, tensor.dtype) == ((1, 3, 24, 40), torch.float32)
    assert tensor[0, 0, 0, 39] > 0.9 > 0.1 > tensor[0, 0, 0, 0]  # red grows to the right
    assert np.array_equal(np.asarray(pictures.to_image(tensor)), np.asarray(photograph()))


@given(st.floats(-3, 3))
def test_it_rounds_and_clamps(value: float) -> None:
    image = pictures.to_image(torch.full((3, 2, 2), value, dtype=torch.float64))
    assert abs(image.getpixel((0, 0))[0] - min(max(value, 0), 1) * 255) <= 0.5 + 1e-9


@pytest.mark.parametrize("tensor", [torch.zeros(2, 3, 4, 4), torch.full((3, 4, 4), torch.nan)])
def test_it_refuses_tensors_that_are_not_a_picture(tensor: torch.Tensor) -> None:
    with pytest.raises(ValueError, match="expected|finite"):
        pictures.to_image(tensor)


def test_it_writes_png_without_metadata(tmp_path: Path) -> None:
    image = photograph()
    image.info = {"icc_profile": b"profile", "dpi": (300, 300), "comment": "x"}
    pictures.write_png(image, tmp_path / "a.png")
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]
    with Image.open(tmp_path / "a.png") as again:
        assert again.info == {}
        assert np.array_equal(np.asarray(again), np.asarray(photograph()))


def test_it_leaves_the_old_file_when_writing_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pictures.write_png(photograph(), tmp_path / "a.png")
    before = (tmp_path / "a.png").read_bytes()

    def half(self: Image.Image, file: io.BufferedWriter, format: str) -> None:  # noqa: A002
        file.write(b"half a file")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Image.Image, "save", half)
    with pytest.raises(InputError, match="No space left"):
        pictures.write_png(photograph(), tmp_path / "a.png")
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]
    assert (tmp_path / "a.png").read_bytes() == before


def test_it_names_a_folder_that_is_missing(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="folder does not exist"):
        pictures.write_png(photograph(), tmp_path / "none" / "a.png")
    with pytest.raises(InputError, match="is a folder"):
        pictures.write_png(photograph(), tmp_path)


@pytest.mark.parametrize("kind", ["PPM", "PNG", "TIFF"])
def test_it_scales_sixteen_bit_grey(tmp_path: Path, kind: str) -> None:
    ramp = np.tile(np.linspace(0, 65535, 64).astype(np.uint16), (32, 1))
    path = tmp_path / "grey"
    if kind == "PPM":
        path.write_bytes(b"P5 64 32 65535\n" + ramp.astype(">u2").tobytes())
    else:
        Image.fromarray(ramp).save(path, kind)
    read = np.asarray(pictures.read_picture(path))
    assert np.abs(read[0, :, 0] - ramp[0] / 257).max() <= 1


def test_the_error_names_a_width_that_works() -> None:
    for size in ((1000, 100), (900, 20), (33, 5), (20_000, 31)):
        with pytest.raises(PictureError, match="too small") as caught:
            pictures.check_width(size, 40, "frieze")
        least = int(re.findall(r"--size (\d+)", str(caught.value))[0])
        pictures.check_width(size, least, "frieze")
        with pytest.raises(PictureError):
            pictures.check_width(size, least - 1, "frieze")
    with pytest.raises(PictureError, match="too large") as caught:
        pictures.check_width((100, 10_000), 4096, "scroll")
    pictures.check_width((100, 10_000), int(re.findall(r"--size (\d+)", str(caught.value))[0]), "")
