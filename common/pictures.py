"""Pictures in and out: safe reading, resizing, tensors, and PNG files that appear whole or not."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import numpy as np
from PIL import Image, ImageOps

from common.atomic import replace_file
from common.errors import PictureError
from common.formats import NAMES

if TYPE_CHECKING:
    from torch import Tensor

MAX_PIXELS = 40_000_000
"""Larger pictures are refused before they are decoded: 120 MB of RGB is room for any photograph."""
MIN_SIDE = 16
"""Four poolings (relu5_1) leave one value of sixteen pixels."""


def read_picture(path: Path | BinaryIO) -> Image.Image:
    """Read a picture as 8-bit RGB, upright by its EXIF orientation.

    Transparent parts are laid on white; of an animation the first frame is taken; an embedded
    colour profile is dropped without conversion.

    Args:
        path: a file, or an open binary file such as an upload.

    Raises:
        PictureError: the file is missing, not a picture, truncated, smaller than MIN_SIDE on a
            side, or larger than MAX_PIXELS (found from its header, before decoding).

    """
    name = str(path) if isinstance(path, Path) else str(getattr(path, "name", None) or "the file")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            image = Image.open(path, formats=NAMES)
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
            return _upright_rgb(image)
        except PictureError as error:
            raise PictureError(f"{name} {error}") from None
        except Exception as error:  # the same holds for damaged content
            raise PictureError(
                f"{name} is truncated or damaged ({error}): get the file again"
            ) from None


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
    upright = ImageOps.exif_transpose(image)
    if upright.mode.startswith("I;16"):
        # Pillow would clip 16-bit grey at 255 instead of scaling it.
        upright = Image.fromarray((np.asarray(upright) // 257).astype(np.uint8))
    if upright.mode in ("I", "F"):
        raise PictureError("has 32-bit values: save it with 8 or 16 bits per channel")
    if upright.has_transparency_data:
        upright = upright.convert("RGBA")
        upright = Image.alpha_composite(Image.new("RGBA", upright.size, "white"), upright)
    rgb = upright.convert("RGB")
    rgb.info = {}
    return rgb


def resize_to_width(image: Image.Image, width: int) -> Image.Image:
    """The picture at `width` pixels, its height in proportion; bilinear, as seed 000 §1.1 says
    that content and style come at the same width.

    Raises:
        PictureError: the result would be too small or too large.

    """
    return _resize(image, (width, max(1, round(image.height * width / image.width))))


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
