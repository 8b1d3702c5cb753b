"""What the painting programs share: photographs, fields of directions, noise, relief and paper."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

Array = NDArray[np.float64]


def fitted(pixels: NDArray[np.uint8], width: int) -> Array:
    """A photograph (H, W, 3) at that width, in [0, 1]."""
    image = Image.fromarray(pixels).convert("RGB")
    size = (width, round(image.height * width / image.width))
    return np.asarray(image.resize(size, Image.Resampling.LANCZOS), dtype=np.float64) / 255


def blurred(values: Array, sigma: float) -> Array:
    """A picture (H, W) or (H, W, 3) smoothed with a Gaussian of `sigma` pixels."""
    sigmas = (sigma, sigma, 0)[: values.ndim]
    return np.asarray(ndimage.gaussian_filter(values, sigmas, mode="nearest"))


def lightness(picture: Array) -> Array:
    """Rec. 709 luma (H, W) of a picture (H, W, 3), in [0, 1]."""
    return np.asarray(picture @ np.array([0.2126, 0.7152, 0.0722]))


def saturated(picture: Array, factor: float) -> Array:
    """The picture with its chroma multiplied by `factor`."""
    grey = lightness(picture)[..., None]
    return np.clip(grey + factor * (picture - grey), 0, 1)


def contour_angles(grey: Array, sigma: float) -> tuple[Array, Array]:
    """The direction along contours, and how sure it is.

    From the structure tensor, smoothed with `sigma` pixels.

    Returns:
        Angles (H, W) in radians, of x to the right and y down, and coherences (H, W) in [0, 1].

    """
    dx, dy = (ndimage.sobel(blurred(grey, 1.0), axis) for axis in (1, 0))
    xx, yy, xy = (blurred(product, sigma) for product in (dx * dx, dy * dy, dx * dy))
    across = 0.5 * np.arctan2(2 * xy, xx - yy)
    spread = np.hypot(xx - yy, 2 * xy)
    return across + np.pi / 2, np.clip(spread / (xx + yy + 1e-6), 0, 1)


def along(values: Array, angles: Array, length: int) -> Array:
    """Values (H, W) averaged along the lines of a field of directions (line integral convolution).

    `length` is the number of steps of one pixel to either side.
    """
    height, width = values.shape
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float64)
    total = values.copy()
    for sign in (1.0, -1.0):
        y, x = rows.copy(), columns.copy()
        before = sign * np.stack([np.cos(angles), np.sin(angles)])
        for _ in range(length):
            r = np.clip(np.rint(y), 0, height - 1).astype(int)
            c = np.clip(np.rint(x), 0, width - 1).astype(int)
            step = np.stack([np.cos(angles[r, c]), np.sin(angles[r, c])])
            step = step * np.where((step * before).sum(0) < 0, -1.0, 1.0)  # a line has no sense
            x, y, before = x + step[0], y + step[1], step
            total += ndimage.map_coordinates(values, [y, x], order=1, mode="nearest")
    return np.asarray(total / (2 * length + 1))


def clouds(shape: tuple[int, int], scale: float, generator: np.random.Generator) -> Array:
    """Smooth noise (H, W) in [0, 1] of three octaves; the largest blobs are `scale` pixels."""
    total = np.zeros(shape)
    for octave in range(3):
        sigma = scale / 2**octave / 2
        layer = ndimage.gaussian_filter(generator.standard_normal(shape), sigma, mode="reflect")
        total += layer / layer.std() / 2**octave
    low, high = np.percentile(total, [1, 99])
    return np.asarray(np.clip((total - low) / (high - low), 0, 1))


def warped(picture: Array, rows: Array, columns: Array) -> Array:
    """The picture read at its places moved by `rows` and `columns` (H, W), in pixels."""
    y, x = np.mgrid[0 : picture.shape[0], 0 : picture.shape[1]]
    places = [y + rows, x + columns]
    if picture.ndim == 2:
        return np.asarray(ndimage.map_coordinates(picture, places, order=1, mode="nearest"))
    channels = [
        ndimage.map_coordinates(picture[..., one], places, order=1, mode="nearest")
        for one in range(picture.shape[2])
    ]
    return np.stack(channels, axis=-1)


def lit(picture: Array, height: Array, strength: float) -> Array:
    """The picture as a relief of that height (H, W), with light from the upper left."""
    slope = ndimage.sobel(height, 1) + ndimage.sobel(height, 0)
    shade = np.clip(-strength * slope, -0.16, 0.22)[..., None]
    return np.clip(
        np.where(shade > 0, picture + shade * (1 - picture), picture * (1 + shade)), 0, 1
    )


def paper(shape: tuple[int, int], generator: np.random.Generator) -> Array:
    """The grain of paper (H, W), about 0, with a standard deviation of 1."""
    fine = ndimage.gaussian_filter(generator.standard_normal(shape), 0.8)
    coarse = ndimage.gaussian_filter(generator.standard_normal(shape), 2.2)
    grain = fine / fine.std() + coarse / coarse.std()
    return np.asarray(grain / grain.std())


def reduced(picture: Array, width: int) -> NDArray[np.uint8]:
    """The picture (H, W, 3), which was painted larger, as bytes at that width."""
    image = Image.fromarray(np.clip(np.rint(picture * 255), 0, 255).astype(np.uint8))
    size = (width, round(image.height * width / image.width))
    return np.asarray(image.resize(size, Image.Resampling.LANCZOS), dtype=np.uint8).copy()
