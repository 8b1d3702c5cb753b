"""A colour woodblock print: flat areas of few inks, a key block of outlines, and graded skies.

Flats are the nearest inks of a palette of the 1830s; gradations (bokashi) are wiped by hand.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage import color
from sklearn.datasets import load_sample_image

from transfer.samples.art.easel import (
    Array,
    along,
    blurred,
    clouds,
    contour_angles,
    fitted,
    lightness,
    paper,
    reduced,
)

_CANVAS = 1024
_PAPER = np.array([0.940, 0.895, 0.790])
_INKS = np.array(
    [
        (232, 214, 172), (214, 192, 146), (196, 158, 108), (200, 98, 62), (166, 62, 48),
        (108, 128, 96), (76, 102, 88), (52, 74, 72), (150, 176, 176), (96, 136, 156),
        (44, 84, 124), (30, 50, 82), (44, 40, 48), (122, 88, 72),
    ],
    dtype=np.float64,
) / 255  # fmt: skip
_BLUE = np.array([0.10, 0.24, 0.44])
_ROSE = np.array([0.86, 0.52, 0.40])


def ukiyo_e(width: int = 512, seed: int = 17) -> NDArray[np.uint8]:
    """The temple above the lake."""
    generator = np.random.default_rng(seed)
    photograph = np.asarray(load_sample_image("china.jpg"), dtype=np.uint8)
    scene = fitted(photograph, _CANVAS)
    calm = _calm(scene)
    sky = _sky(scene)
    print_ = _flats(calm)
    print_ = _graded(print_, sky, generator)
    print_ = _mists(print_)
    print_ = print_ * (1 - _key_block(scene, sky)[..., None] * 0.88)
    grain = along(generator.standard_normal(sky.shape), np.full(sky.shape, 0.02), 30)
    print_ = print_ * (1 + 0.016 * grain / grain.std())[..., None]
    print_ = print_ * (1 + 0.012 * paper(sky.shape, generator))[..., None]
    return reduced(_sealed(print_), width)


def _calm(scene: Array) -> Array:
    """The scene without texture, its edges kept: repeated medians of growing size."""
    calm = scene.copy()
    for size in (5, 9, 13):
        calm = np.stack([ndimage.median_filter(calm[..., one], size) for one in range(3)], -1)
    return calm


def _sky(scene: Array) -> Array:
    """1 in the sky and 0 elsewhere (H, W): what is bright and bluish and hangs from the top."""
    bright = (lightness(blurred(scene, 2)) > 0.62) & (scene[..., 2] >= scene[..., 0] - 0.06)
    labels, _ = ndimage.label(ndimage.binary_opening(bright, iterations=2))
    top = np.bincount(labels[:8].ravel())[1:]
    found = np.pad(labels == top.argmax() + 1, 12, mode="edge")
    closed = ndimage.binary_closing(found, iterations=4)[12:-12, 12:-12]
    return blurred(closed.astype(float), 1.2)


def _flats(calm: Array) -> Array:
    """Every place in its nearest ink, with even outlines."""
    lab, inks = color.rgb2lab(np.clip(1.1 * calm**0.85 - 0.02, 0, 1)), color.rgb2lab(_INKS[None])[0]
    weights = np.array([0.8, 1.25, 1.25])
    gaps = np.stack([(((lab - ink) * weights) ** 2).sum(-1) for ink in inks])
    nearest = np.stack(
        [blurred((gaps.argmin(0) == n).astype(float), 3.0) for n in range(len(inks))]
    )
    return np.asarray(_INKS[nearest.argmax(0)])


def _graded(print_: Array, sky: Array, generator: np.random.Generator) -> Array:
    """A sky that is dark blue at the top, paper below, and rose at the horizon."""
    height = sky.shape[0]
    down = np.linspace(0, 1, height)[:, None] + 0.02 * (clouds(sky.shape, 160, generator) - 0.5)
    air = np.ones((*sky.shape, 3)) * _PAPER
    top = np.clip(1 - down / 0.26, 0, 1)[..., None] ** 1.3
    low = np.exp(-(((down - 0.50) / 0.10) ** 2))[..., None] * 0.55
    air = air * (1 - low) + _ROSE * low
    air = air * (1 - top) + _BLUE * top
    return np.asarray(print_ * (1 - sky[..., None]) + air * sky[..., None])


def _mists(print_: Array) -> Array:
    """Bands of mist with round ends, as flat as paper."""
    height, width = print_.shape[:2]
    y, x = np.mgrid[0:height, 0:width]
    mist = np.zeros((height, width))
    for row, left, right, thick in (
        (0.20, 0.55, 0.93, 0.020), (0.235, 0.66, 1.2, 0.018), (0.165, 0.74, 1.2, 0.014),
        (0.30, -0.2, 0.10, 0.018), (0.335, -0.2, 0.055, 0.014),
    ):  # fmt: skip
        inside = np.clip(x, left * width, right * width)
        far = np.hypot(x - inside, y - row * height)
        mist = np.maximum(mist, np.clip(thick * height - far, 0, 1))
    return print_ * (1 - mist[..., None]) + np.array([0.955, 0.92, 0.83]) * mist[..., None]


def _key_block(scene: Array, sky: Array) -> Array:
    """The black outlines (H, W) in [0, 1]."""
    grey = lightness(scene) * (1 - sky) + 0.95 * sky
    angles, _ = contour_angles(grey, 3)
    difference = blurred(grey, 2.6) - blurred(grey, 1.3)
    lines = along(difference, angles, 7)
    return np.asarray(np.clip((lines - 0.018) * 60, 0, 1))


def _sealed(print_: Array) -> Array:
    """With a cartouche and a red seal at the right."""
    out = print_.copy()
    out[40:190, 950:992] = np.array([0.80, 0.26, 0.20])
    out[45:185, 955:987] = np.array([0.93, 0.86, 0.70])
    out[200:236, 953:989] = np.array([0.74, 0.18, 0.15])
    return out
