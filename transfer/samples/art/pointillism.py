"""Pointillism: dots of pure colours that mix in the eye, as Seurat and Signac set them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from sklearn.datasets import load_sample_image

from transfer.samples.art.easel import Array, blurred, contour_angles, fitted, lightness, reduced

_CANVAS = 1536
_LAYERS = ((26.0, 1.0), (19.0, 0.9), (14.0, 0.55))
"""Diameter of the dots of each layer, in pixels of the canvas, and the share of places set."""
_PALETTE = (
    (250, 244, 226), (252, 226, 122), (246, 190, 60), (238, 134, 52), (216, 74, 52), (176, 44, 74),
    (222, 150, 170), (132, 78, 148), (72, 70, 150), (40, 84, 168), (84, 142, 204), (158, 198, 226),
    (36, 116, 112), (58, 148, 92), (140, 184, 84), (204, 214, 112), (40, 62, 70), (96, 62, 60),
)  # fmt: skip


def pointillism(width: int = 512, seed: int = 8) -> NDArray[np.uint8]:
    """The lake and its trees beside the temple."""
    generator = np.random.default_rng(seed)
    scene = _shore()
    angles, _ = contour_angles(lightness(scene), 9)
    canvas = Image.new("RGB", (scene.shape[1], scene.shape[0]), (236, 224, 196))
    draw = ImageDraw.Draw(canvas)
    for diameter, share in _LAYERS:
        _dots(draw, blurred(scene, diameter / 4), angles, diameter, share, generator)
    return reduced(np.asarray(canvas, dtype=np.float64) / 255, width)


def _shore() -> Array:
    """The scene, mirrored, with more light and colour than the photograph has."""
    photograph = np.asarray(load_sample_image("china.jpg"), dtype=np.uint8)
    scene = fitted(photograph[60:427, 90:640][:, ::-1].copy(), _CANVAS)
    shade = (1 - lightness(scene))[..., None] ** 2
    warm = np.linspace(0.0, 1.0, scene.shape[0])[:, None, None] * np.array([0.03, 0.0, -0.05])
    cool = shade * np.array([0.05, 0.09, 0.2])
    return np.asarray(np.clip(scene**0.8 + cool + warm - 0.03, 0, 1))


def _dots(
    draw: ImageDraw.ImageDraw,
    scene: Array,
    angles: Array,
    diameter: float,
    share: float,
    generator: np.random.Generator,
) -> None:
    """Set the dots of one size on a jittered grid, in random order."""
    step = diameter * 0.82
    rows, columns = np.mgrid[0 : scene.shape[0] : step, 0 : scene.shape[1] : step]
    columns = columns + (np.arange(len(rows)) % 2)[:, None] * step / 2
    places = np.stack([rows.ravel(), columns.ravel()], 1)
    places = places + generator.normal(0, diameter * 0.16, places.shape)
    palette = np.array(_PALETTE, dtype=np.float64) / 255
    for row, column in places[generator.permutation(len(places))]:
        if generator.random() > share:
            continue
        r = int(np.clip(row, 0, scene.shape[0] - 1))
        c = int(np.clip(column, 0, scene.shape[1] - 1))
        colour = _divided(scene[r, c], palette, generator)
        radius = diameter / 2 * generator.uniform(0.8, 1.12)
        stretch, angle = generator.uniform(1.0, 1.3), angles[r, c] + generator.normal(0, 0.3)
        turns = np.linspace(0, 2 * np.pi, 14, endpoint=False)
        u, v = radius * stretch * np.cos(turns), radius / stretch * np.sin(turns)
        x = column + u * np.cos(angle) - v * np.sin(angle)
        y = row + u * np.sin(angle) + v * np.cos(angle)
        fill = tuple(int(255 * one) for one in colour)
        draw.polygon(list(zip(x.tolist(), y.tolist(), strict=True)), fill=fill)


def _divided(wanted: Array, palette: Array, generator: np.random.Generator) -> Array:
    """A pure colour near the wanted one, drawn so that many dots together average to it."""
    vivid = wanted.mean() + 1.9 * (wanted - wanted.mean())
    vivid = vivid + generator.normal(0, 0.15, 3)
    pure = palette[((palette - vivid) ** 2).sum(-1).argmin()]
    mixed = 0.78 * pure + 0.22 * wanted
    return np.asarray(np.clip(mixed + generator.normal(0, 0.02), 0, 1))
