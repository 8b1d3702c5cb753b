"""Colour profiles: what is converted to sRGB, and that results of converted pictures say so."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms

from common import pictures
from common.colours import is_converted
from tests.common.test_pictures import photograph


def wide_gamut(mode: str = "RGB") -> tuple[Image.Image, bytes]:
    """A picture with a matrix profile of larger primaries, made by exchanging those of sRGB."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    tags = struct.unpack(">I", profile[128:132])[0]
    entries = {
        bytes(profile[132 + 12 * n : 136 + 12 * n]): struct.unpack(
            ">II", profile[136 + 12 * n : 144 + 12 * n]
        )
        for n in range(tags)
    }
    # Adobe RGB (1998), red and green colorants in the profile connection space (D50).
    for tag, colour in (
        (b"rXYZ", (0.60974, 0.31111, 0.01947)),
        (b"gXYZ", (0.20528, 0.62567, 0.06087)),
        (b"bXYZ", (0.14919, 0.06322, 0.74457)),
    ):
        start = entries[tag][0] + 8
        profile[start : start + 12] = struct.pack(">3i", *(round(one * 65536) for one in colour))
    start, size = entries[b"desc"]
    profile[start + 12 : start + size] = bytes(size - 12)  # no longer called sRGB
    pixels = np.zeros((32, 32, 3), np.uint8)
    pixels[:, :16], pixels[:, 16:] = (60, 200, 60), (128, 128, 128)
    return Image.fromarray(pixels).convert(mode), bytes(profile)


def matrix_conversion(colour: tuple[int, int, int]) -> np.ndarray:
    """The colour in sRGB by its equations: Adobe RGB primaries with the curve of sRGB, in D50."""
    curve = np.array(colour) / 255
    linear = np.where(curve <= 0.04045, curve / 12.92, ((curve + 0.055) / 1.055) ** 2.4)
    adobe = np.array(
        [[0.60974, 0.20528, 0.14919], [0.31111, 0.62567, 0.06322], [0.01947, 0.06087, 0.74457]]
    )
    srgb = np.array(
        [[0.43607, 0.38515, 0.14307], [0.22249, 0.71687, 0.06061], [0.01392, 0.09708, 0.71410]]
    )
    found = np.linalg.solve(srgb, adobe @ linear).clip(0, 1)
    return 255 * np.where(found <= 0.0031308, 12.92 * found, 1.055 * found ** (1 / 2.4) - 0.055)


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_it_converts_an_embedded_profile_to_srgb(tmp_path: Path, mode: str) -> None:
    image, profile = wide_gamut(mode)
    image.save(tmp_path / "a.png", icc_profile=profile)
    assert is_converted(tmp_path / "a.png")
    read = pictures.read_picture(tmp_path / "a.png")
    assert np.abs(read.getpixel((3, 3)) - matrix_conversion((60, 200, 60))).max() <= 2
    assert np.abs(np.array(read.getpixel((20, 3))) - 128).max() <= 2


def test_a_profile_of_srgb_or_a_broken_one_changes_no_bit(tmp_path: Path) -> None:
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    plain = photograph()
    for number, profile in enumerate((srgb, b"no profile", srgb[:200])):
        plain.save(tmp_path / f"{number}.png", icc_profile=profile)
        read = pictures.read_picture(tmp_path / f"{number}.png")
        assert np.array_equal(np.asarray(read), np.asarray(plain))
        assert not is_converted(tmp_path / f"{number}.png")


def grey_profile() -> bytes:
    """A grey profile whose curve is a square, made by hand (ICC.1:2010, 8.4 and 10.6)."""
    curve = b"curv" + bytes(4) + struct.pack(">IH", 1, 2 << 8) + bytes(2)
    white = b"XYZ " + bytes(4) + struct.pack(">3i", 63190, 65536, 54061)
    words = b"desc" + bytes(4) + struct.pack(">I", 5) + b"grey\0" + bytes(78)
    tags, start, table = [(b"desc", words), (b"wtpt", white), (b"kTRC", curve)], 128 + 4 + 36, b""
    data = b""
    for name, content in tags:
        content += bytes(-len(content) % 4)
        table += name + struct.pack(">2I", start + len(data), len(content))
        data += content
    body = struct.pack(">I", len(tags)) + table + data
    head = struct.pack(">I", 128 + len(body)) + bytes(4) + struct.pack(">I", 0x02400000)
    head += b"mntrGRAYXYZ " + bytes(12) + b"acsp" + bytes(28)
    head += struct.pack(">3i", 63190, 65536, 54061)
    return head.ljust(128, b"\0") + body


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "TIFF", "AVIF"])
@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "CMYK", "P", "I;16"])
@pytest.mark.parametrize("space", ["RGB", "grey"])
def test_the_head_of_a_file_tells_whether_its_colours_are_converted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, mode: str, space: str
) -> None:
    profile = wide_gamut()[1] if space == "RGB" else grey_profile()
    path = tmp_path / "a"
    if mode == "I;16":
        image = Image.fromarray(np.full((32, 32), 0x6000, np.uint16))
    else:
        image = wide_gamut()[0].convert(mode)
    try:
        image.save(path, kind, icc_profile=profile)
    except (OSError, ValueError):
        pytest.skip(f"{kind} does not hold {mode}")
    image.save(tmp_path / "plain", kind)
    real, calls = ImageCms.applyTransform, []
    monkeypatch.setattr(ImageCms, "applyTransform", lambda *a: calls.append(1) or real(*a))
    pictures.read_picture(path)
    assert is_converted(path) is bool(calls)
    assert not is_converted(tmp_path / "plain")


def test_files_without_colours_are_not_converted(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("no picture")
    for name in ("text", "missing", "."):
        assert not is_converted(tmp_path / name)
