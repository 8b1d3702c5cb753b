"""Read pictures safely, resize them, turn them into tensors and back, and write PNG files."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import numpy as np
from PIL import ExifTags, Image, ImageOps

from common.atomic import replace_file
from common.colours import as_srgb
from common.errors import PictureError
from common.formats import NAMES

if TYPE_CHECKING:
    from torch import Tensor

MAX_PIXELS = 40_000_000
"""Larger pictures are refused before they are decoded; as RGB it is 120 MB."""
MIN_SIDE = 16
"""Pixels of the shorter side: four poolings (up to relu5_1) leave one value of them."""


@dataclass(frozen=True)
class Original:
    """A picture file after decoding.

    Attributes:
        picture: 8-bit sRGB, upright by its EXIF orientation.
        format: Pillow's name of the file's format; that of the first picture if it holds several.
        orientation: EXIF orientation, 1 to 8; from 2 the stored pixels are turned or mirrored.

    """

    picture: Image.Image
    format: str
    orientation: int


def read_picture(path: Path | BinaryIO) -> Image.Image:
    """Read a picture as `read_original` does, without its format and orientation."""
    return read_original(path).picture


def read_original(source: Path | BinaryIO, name: str = "") -> Original:
    """Read a picture as 8-bit sRGB, upright by its EXIF orientation.

    Transparent parts are blended with white; an animation is read as its first frame. An embedded
    colour profile is converted to sRGB (perceptual intent); a picture without one is taken as sRGB.

    Args:
        source: a file, or an open binary file such as an upload.
        name: of the file, for messages; by default that of `source`.

    Raises:
        PictureError: the file is missing, not a picture, truncated, smaller than MIN_SIDE on a
            side, or larger than MAX_PIXELS (found from its header, before decoding).

    """
    fallback = source if isinstance(source, Path) else getattr(source, "name", None) or "the file"
    name = name or str(fallback)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            image = Image.open(source, formats=NAMES)
    except FileNotFoundError:
        raise PictureError(f"picture not found: {name}: check the path") from None
    except IsADirectoryError:
        raise PictureError(f"{name} is a folder: name a picture file") from None
    except PermissionError:
        raise PictureError(f"{name} may not be read: check its permissions") from None
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise PictureError(f"{name} is too large: {_LIMIT}") from None
    except Exception:  # a damaged header can make a decoder raise nearly anything
        raise PictureError(
            f"{name} is not a picture that can be read: use {', '.join(NAMES)}"
        ) from None
    with image:
        _check_size(image.size, name)
        try:
            # A multi-picture file (MPO) begins with a plain JPEG, which is what is read.
            kind = "JPEG" if image.format == "MPO" else image.format or ""
            orientation = image.getexif().get(ExifTags.Base.Orientation, 1)
            upright = _upright_rgb(image)
        except PictureError as error:
            raise PictureError(f"{name} {error}") from None
        except Exception as error:  # damaged content can raise nearly anything, too
            raise PictureError(
                f"{name} is truncated or damaged ({error}): get the file again"
            ) from None
    return Original(upright, kind, orientation if orientation in range(1, 9) else 1)


_LIMIT = f"at most {MAX_PIXELS // 1_000_000} million pixels are accepted, make it smaller"


def _check_size(size: tuple[int, int], name: str) -> None:
    width, height = size
    if width * height > MAX_PIXELS:
        raise PictureError(f"{name} is too large ({width}×{height}): {_LIMIT}")
    if min(width, height) < MIN_SIDE:
        raise PictureError(
            f"{name} is too small ({width}×{height}): both sides need at least {MIN_SIDE} pixels"
        )


def _upright_rgb(image: Image.Image) -> Image.Image:
    image.load()
    profile = image.info.get("icc_profile")
    upright = ImageOps.exif_transpose(image)
    # Pillow clips 16-bit grey at 255 instead of scaling it, and reads it from PGM files as 32-bit.
    if upright.mode.startswith("I;16") or (image.format == "PPM" and upright.mode == "I"):
        upright = Image.fromarray((np.asarray(upright) // 257).astype(np.uint8))
    if upright.mode in ("I", "F"):
        raise PictureError("has 32-bit values: save it with 8 or 16 bits per channel")
    alpha = None
    if upright.has_transparency_data:
        upright = upright.convert("RGBA")
        alpha = upright.getchannel("A")
    rgb = as_srgb(upright, profile)
    if alpha is not None:
        rgb.putalpha(alpha)
        rgb = Image.alpha_composite(Image.new("RGBA", rgb.size, "white"), rgb).convert("RGB")
    rgb.info = {}
    return rgb


def resize_to_width(image: Image.Image, width: int) -> Image.Image:
    """The picture at `width` pixels, its height in proportion; bilinear.

    Content and style get the same width (Yeh et al. 2020, supplement §1.1).

    Raises:
        PictureError: the result would be too small or too large.

    """
    return _resize(image, (width, _height_at(image.size, width)))


def check_width(size: tuple[int, int], width: int, name: str) -> None:
    """Refuse a picture whose size at `width` pixels cannot be used.

    Args:
        size: its width and height.
        width: the width that it will be resized to.
        name: what the message calls it.

    Raises:
        PictureError: its height would be below MIN_SIDE, or its area above MAX_PIXELS; the message
            says which width works.

    """
    height = _height_at(size, width)
    found = f"{name} ({size[0]}×{size[1]}) is {width}×{height} at width {width}"
    if height < MIN_SIDE:
        least = next(w for w in count(max(width, 1)) if _height_at(size, w) >= MIN_SIDE)
        raise PictureError(
            f"{found}, too small: both sides need at least {MIN_SIDE} pixels; use --size {least} "
            "or more, or another picture"
        )
    if width * height > MAX_PIXELS:
        most = next(w for w in count(width, -1) if w * _height_at(size, w) <= MAX_PIXELS)
        raise PictureError(f"{found}, too large: {_LIMIT}; use --size {most} or less")


def _height_at(size: tuple[int, int], width: int) -> int:
    return max(1, round(size[1] * width / size[0]))


ASPECT_TOLERANCE = 0.01
"""A stimulus whose aspect ratio differs by a larger share from its content's has another shape."""


def same_shape(one: tuple[int, int], other: tuple[int, int]) -> bool:
    """Whether the aspect ratios of two sizes (width, height) agree within ASPECT_TOLERANCE."""
    return abs(one[0] * other[1] / (one[1] * other[0]) - 1) <= ASPECT_TOLERANCE


def resize_shorter(image: Image.Image, side: int) -> Image.Image:
    """The picture with its shorter side at `side` pixels, the other int(side · long / short).

    Raises:
        PictureError: the result would be too small or too large.

    """
    width, height = image.size
    if width <= height:
        return _resize(image, (side, int(side * height / width)))
    return _resize(image, (int(side * width / height), side))


def _resize(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    _check_size(size, "the resized picture")
    if image.size == size:
        return image.copy()
    return image.resize(size, Image.Resampling.BILINEAR)


def to_tensor(image: Image.Image) -> Tensor:
    """The picture as float32 (1, 3, H, W), RGB in [0, 1]."""
    import torch

    pixels = np.array(image.convert("RGB"), dtype=np.float32) / 255
    return torch.from_numpy(pixels).permute(2, 0, 1)[None].contiguous()


def to_image(tensor: Tensor) -> Image.Image:
    """An 8-bit picture from (3, H, W) or (1, 3, H, W), RGB; values are clamped to [0, 1].

    Raises:
        ValueError: the shape is another, or a value is not finite.

    """
    if tensor.ndim == 4 and tensor.shape[0] == 1:
        tensor = tensor[0]
    if tensor.ndim != 3 or tensor.shape[0] != 3:
        raise ValueError(f"expected (3, H, W) or (1, 3, H, W), got {tuple(tensor.shape)}")
    pixels = tensor.detach().cpu().double().permute(1, 2, 0).numpy()
    if not np.isfinite(pixels).all():
        raise ValueError("a picture with values that are not finite cannot be written")
    return Image.fromarray(np.rint(pixels.clip(0, 1) * 255).astype(np.uint8))


def write_png(image: Image.Image, path: Path) -> None:
    """Write a PNG without metadata. `path` holds the old file or the whole new one, never a part.

    Raises:
        StorageError: the folder is missing or may not be written.

    """
    with replace_file(path) as file:
        save_png(image, file)


def save_png(image: Image.Image, file: BinaryIO) -> None:
    """Write a PNG without metadata into an open file."""
    bare = image.copy()
    bare.info = {}
    bare.save(file, format="PNG")
