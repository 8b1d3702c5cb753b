"""Style pictures drawn by small programs, and one texture of scikit-image.

Each has a palette, marks of one size and edges of one kind, which style transfer can reproduce.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from transfer.samples.contents import Pixels, Sample

SIDE = 384
_OURS = "CC0 (EC Space)"


def sample_styles() -> list[Sample]:
    """Four styles: stained glass, swirling strokes, ink hatching, and brickwork."""
    return [
        Sample("stained-glass", stained_glass(), _OURS, "drawn: Voronoi cells with lead lines"),
        Sample("swirls", swirls(), _OURS, "drawn: strokes along a field of vortices"),
        Sample("hatching", hatching(), _OURS, "drawn: crossed ink lines on cream paper"),
        Sample("brickwork", brickwork(), "CC0 (CC0Textures)", "scikit-image: brick.png, coloured"),
    ]


def stained_glass(side: int = SIDE, cells: int = 130, seed: int = 7) -> Pixels:
    """Panes of saturated glass between dark lead lines."""
    generator = np.random.default_rng(seed)
    centres = generator.uniform(0, side, (cells, 2))
    palette = np.array(
        [
            [190, 30, 45],
            [240, 170, 40],
            [25, 70, 160],
            [30, 140, 90],
            [110, 40, 130],
            [230, 225, 190],
        ]
    )
    y, x = np.mgrid[0:side, 0:side]
    distances = np.hypot(y[..., None] - centres[:, 0], x[..., None] - centres[:, 1])
    nearest = np.partition(distances, 1, axis=-1)
    owner = distances.argmin(-1)
    panes = palette[generator.integers(len(palette), size=cells)][owner].astype(float)
    streaks = 18 * np.sin((x * 0.9 + y * 0.35) / 5 + owner * 1.7)
    glow = 26 - 0.9 * nearest[..., 0]
    pixels = panes + (streaks + glow)[..., None]
    pixels[(nearest[..., 1] - nearest[..., 0]) < 4.5] = (22, 20, 24)
    return _bytes(pixels)


def swirls(side: int = SIDE, strokes: int = 9000, seed: int = 11) -> Pixels:
    """Thick strokes in blue and yellow that follow a field of vortices."""
    generator = np.random.default_rng(seed)
    centres = generator.uniform(0, side, (7, 2))
    turns = generator.choice([-1.0, 1.0], 7)
    image = Image.new("RGB", (side, side), (28, 52, 110))
    draw = ImageDraw.Draw(image)
    palette = np.array(
        [
            [18, 40, 110],
            [40, 85, 165],
            [95, 150, 205],
            [180, 205, 215],
            [238, 200, 70],
            [250, 235, 150],
        ]
    )
    for _ in range(strokes):
        point = generator.uniform(0, side, 2)
        offsets = point - centres
        radii = np.hypot(offsets[:, 0], offsets[:, 1])
        pull = turns * np.exp(-radii / 60) / (radii + 1)
        step = np.array([(pull * offsets[:, 1]).sum(), (-pull * offsets[:, 0]).sum()])
        step = step + np.array([0.02, 0.12])
        step = step / np.hypot(*step) * generator.uniform(6, 13)
        # Bright spots at the vortices, like lamps.
        light = np.clip(2.2 * np.exp(-radii.min() / 28) + generator.normal(0.25, 0.18), 0, 0.999)
        colour = palette[int(light * len(palette))] + generator.normal(0, 10, 3)
        ends = [tuple(point - step), tuple(point + step)]
        fill = tuple(int(value) for value in np.clip(colour, 0, 255))
        draw.line(ends, fill=fill, width=int(generator.integers(2, 5)))
    return np.asarray(image, dtype=np.uint8).copy()


def hatching(side: int = SIDE, seed: int = 3) -> Pixels:
    """Ink lines in four directions, denser where the (random) shade is darker."""
    generator = np.random.default_rng(seed)
    scale = 4  # drawn larger and reduced, for even edges
    shade = _clouds(side, generator)
    image = Image.new("L", (side * scale, side * scale), 240)
    draw = ImageDraw.Draw(image)
    for level, angle in ((0.25, 0.8), (0.45, -0.75), (0.6, 0.05), (0.75, 1.6)):
        along = np.array([np.cos(angle), np.sin(angle)])
        across = np.array([-along[1], along[0]])
        for offset in np.arange(-side, side, 5.0):
            for start in np.arange(-side, side, 9.0):
                jitter = generator.normal(0, 0.7, 2)
                middle = np.array([side / 2, side / 2]) + along * start + across * offset + jitter
                column, row = np.clip(middle, 0, side - 1).astype(int)
                if shade[row, column] < level:
                    continue
                ends = [tuple((middle + sign * along * 5.5) * scale) for sign in (-1, 1)]
                draw.line(ends, fill=int(generator.integers(15, 70)), width=scale + 1)
    small = image.resize((side, side), Image.Resampling.LANCZOS)
    ink = np.asarray(small, dtype=np.float64) / 240
    return _bytes(ink[..., None] * np.array([243.0, 234.0, 214.0]))


def brickwork() -> Pixels:
    """The brick texture of scikit-image, in the colours of brick and mortar."""
    from skimage import data

    grey = np.asarray(data.brick(), dtype=np.float64)[:SIDE, :SIDE] / 255
    grey = (grey - grey.min()) / (grey.max() - grey.min())
    dark, light = np.array([92.0, 34.0, 26.0]), np.array([232.0, 186.0, 152.0])
    return _bytes(dark + grey[..., None] * (light - dark))


def _clouds(side: int, generator: np.random.Generator) -> NDArray[np.float64]:
    """Smooth random shades (side, side) in [0, 1]."""
    total = np.zeros((side, side))
    for cells, strength in ((4, 1.0), (8, 0.5), (16, 0.25)):
        coarse = Image.fromarray(generator.random((cells, cells)).astype(np.float32))
        total += strength * np.asarray(coarse.resize((side, side), Image.Resampling.BICUBIC))
    return np.asarray((total - total.min()) / np.ptp(total))


def _bytes(pixels: NDArray[np.float64]) -> Pixels:
    return np.clip(np.rint(pixels), 0, 255).astype(np.uint8)
