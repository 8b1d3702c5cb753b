"""Watercolour: washes from light to dark that pool at their edges and bleed on grained paper."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from sklearn.datasets import load_sample_image

from transfer.samples.art.easel import (
    Array,
    blurred,
    clouds,
    fitted,
    lightness,
    paper,
    reduced,
    saturated,
    warped,
)

_CANVAS = 1024
_PAPER = np.array([0.985, 0.975, 0.945])
_WASHES = (
    (14.0, 0.90, None, 22.0),
    (8.0, 0.70, None, 12.0),
    (2.2, 0.035, 22.0, 4.0),
    (1.4, 0.075, 12.0, 2.5),
    (1.2, 0.11, 9.0, 2.0),
)
"""Of each wash from the first and largest to the last: blur of the picture; lightness below which
paint is laid, or how much darker than the blur of the third value a place must be; reach of the
bleeding. In pixels of the canvas and in [0, 1]."""


def watercolour(width: int = 512, seed: int = 12) -> NDArray[np.uint8]:
    """The dahlia."""
    generator = np.random.default_rng(seed)
    photograph = np.asarray(load_sample_image("flower.jpg"), dtype=np.uint8)
    scene = fitted(photograph[30:427, 60:640], _CANVAS)
    target = _high_key(scene)
    absorbed = np.zeros_like(scene)
    page = _page(scene.shape[:2], generator)
    grain = paper(scene.shape[:2], generator)
    for wash in _WASHES:
        absorbed = _wash(absorbed, target, wash, page, grain, generator)
    absorbed = absorbed + _spatter(scene, generator)
    sheet = _PAPER * np.exp(-absorbed)
    sheet = sheet * (1 - 0.012 * grain)[..., None]
    return reduced(sheet, width)


def _high_key(scene: Array) -> Array:
    """The scene with the lightness of transparent paint, never near black."""
    bright = 0.20 + 0.80 * np.clip(scene, 0, 1) ** 0.60
    local = bright - blurred(bright, 22)
    return np.clip(saturated(bright, 1.45) + 0.9 * local, 0.05, 1)


def _page(shape: tuple[int, int], generator: np.random.Generator) -> Array:
    """1 where paint is laid, 0 on the bare margin of the paper, with a ragged border."""
    y, x = np.mgrid[0 : shape[0], 0 : shape[1]]
    inside = np.minimum(np.minimum(x, shape[1] - 1 - x), np.minimum(y, shape[0] - 1 - y))
    ragged = 46 * clouds(shape, 110, generator) + 12 * clouds(shape, 14, generator)
    return np.asarray(np.clip((inside - ragged + 8) / 4, 0, 1))


def _wash(
    absorbed: Array,
    target: Array,
    wash: tuple[float, float, float | None, float],
    page: Array,
    grain: Array,
    generator: np.random.Generator,
) -> Array:
    """The optical density (H, W, 3) after one more wash, laid where the target is darker still."""
    sigma, level, around, reach = wash
    shape = page.shape
    move = [2 * reach * (clouds(shape, 6 * reach, generator) - 0.5) for _ in range(2)]
    bled = warped(blurred(target, sigma), *move)
    wanted = -np.log(np.clip(bled, 0.05, 1) / _PAPER)
    missing = np.clip(wanted - absorbed, 0, None)
    light = lightness(bled)
    limit = level if around is None else lightness(blurred(target, around)) - level
    ragged = limit + 0.012 * sigma * (clouds(shape, 5 * sigma + 8, generator) - 0.5)
    shapes = np.clip((ragged - light) * 16 + 0.5, 0, 1) * page
    flow = 0.55 + 0.9 * clouds(shape, 120, generator) * clouds(shape, 45, generator) ** 0.5
    pooled = 1 + 0.9 * np.clip(shapes - blurred(shapes, 5), 0, 1)
    rim = np.exp(-((ndimage.distance_transform_edt(shapes > 0.5) / 2.4) ** 2)) * 0.30
    settled = 1 + 0.10 * np.clip(grain, -2, 2)
    amount = shapes * flow * (pooled + rim) * settled
    return np.asarray(absorbed + missing * np.clip(amount, 0, 1.6)[..., None])


def _spatter(scene: Array, generator: np.random.Generator) -> Array:
    """The density of drops that fell from the brush."""
    y, x = np.mgrid[0 : scene.shape[0], 0 : scene.shape[1]]
    drops = np.zeros_like(scene)
    for _ in range(34):
        row, column = generator.uniform(0, scene.shape[0]), generator.uniform(0, scene.shape[1])
        radius = generator.exponential(3.2) + 1.2
        near = np.hypot(y - row, x - column) / radius
        drop = np.clip((1 - near) * radius / 1.5, 0, 1) * (0.6 + 0.5 * np.clip(near, 0, 1) ** 4)
        colour = np.clip(scene[int(row), int(column)], 0.15, 0.95)
        drops += drop[..., None] * -np.log(0.35 + 0.65 * colour) * 0.8
    return drops
