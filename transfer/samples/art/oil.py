"""Oil paint: curved, bristly strokes of three sizes, thick enough to catch the light.

Strokes follow contours and, where there are none, whirl around the lights. The layers from coarse
to fine are those of Hertzmann 1998, *Painterly rendering with curved brush strokes of multiple
sizes*.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from scipy import ndimage
from skimage import data

from transfer.samples.art.easel import (
    Array,
    blurred,
    contour_angles,
    fitted,
    lightness,
    lit,
    reduced,
    saturated,
)

_LAYERS = ((26, 52, 10.0), (17, 40, 5.0), (9, 20, 2.0))
"""Width and half length of strokes, and the blur of the picture they are compared with, of each
layer, in pixels of a canvas of 1024."""
_CANVAS = 1024


def oil(width: int = 512, seed: int = 5) -> NDArray[np.uint8]:
    """A rocket before its start, under the stars of the Hubble deep field."""
    generator = np.random.default_rng(seed)
    scene, lights = _night(generator)
    angles = _directions(scene, lights)
    canvas = Image.new("RGB", (scene.shape[1], scene.shape[0]), (22, 36, 84))
    height = Image.new("L", canvas.size, 90)
    for number, (breadth, half, sigma) in enumerate(_LAYERS):
        target = blurred(scene, sigma)
        painted = np.asarray(canvas, dtype=np.float64) / 255
        wrong = np.abs(blurred(painted, sigma) - target).sum(-1)
        _layer(canvas, height, target, angles, wrong, (breadth, half), number, generator)
    painted = np.asarray(canvas, dtype=np.float64) / 255
    relief = blurred(np.asarray(height, dtype=np.float64) / 255, 1.3)
    return reduced(lit(painted, relief, 0.30), width)


def _night(generator: np.random.Generator) -> tuple[Array, list[tuple[float, float, float]]]:
    """The scene, and row, column and size of its lights."""
    scene = fitted(data.rocket(), _CANVAS)
    stars = lightness(fitted(data.hubble_deep_field()[:600, :900], _CANVAS)[: scene.shape[0]])
    peaks = blurred(stars, 3)
    found: list[tuple[float, float, float]] = []
    sky = scene.shape[0] * 0.62
    while len(found) < 11:
        row, column = np.unravel_index(int(peaks.argmax()), peaks.shape)
        y, x = np.mgrid[0 : peaks.shape[0], 0 : peaks.shape[1]]
        near = np.hypot(y - row, x - column)
        peaks[near < 115] = 0
        if 40 < row < sky and abs(column - 510) > 70:
            found.append((float(row), float(column), float(generator.uniform(20, 40))))
    scene = saturated(np.clip(scene * 1.12 + 0.02, 0, 1), 1.35)
    lights = list(found)
    for top, left, size in found:
        near = np.hypot(y - top, x - left)
        glow = np.exp(-((near / size) ** 2))[..., None]
        halo = np.exp(-((near / size / 2.4) ** 2))[..., None] * 0.5
        scene = scene * (1 - halo) + halo * np.array([0.42, 0.68, 0.86])
        scene = scene * (1 - glow) + glow * np.array([1.0, 0.87, 0.36])
    lights += [(600.0, float(x), 34.0) for x in (240, 585)]
    return scene, lights


def _directions(scene: Array, lights: list[tuple[float, float, float]]) -> Array:
    """Angles of strokes: along contours, else around the nearest lights and along two whirls."""
    y, x = np.mgrid[0 : scene.shape[0], 0 : scene.shape[1]].astype(np.float64)
    cosine, sine = 0.9 + 0.25 * np.sin(y / 60), 0.35 * np.sin(x / 110 + y / 75)
    whirls = [(150.0, 380.0, 95.0), (250.0, 690.0, 80.0), (90.0, 800.0, 70.0)]
    for row, column, size in [*((r, c, 1.6 * s) for r, c, s in lights), *whirls]:
        dy, dx = y - row, x - column
        near = np.hypot(dx, dy) + 1e-6
        pull = 6 * np.exp(-((near / size / 1.5) ** 2))
        cosine, sine = cosine - pull * dy / near, sine + pull * dx / near
    free = np.arctan2(sine, cosine)
    contour, sure = contour_angles(lightness(scene), 5)
    edges = blurred(ndimage.gaussian_gradient_magnitude(lightness(scene), 2), 4)
    trust = np.clip(sure * edges / 0.02, 0, 1)
    double = trust * np.exp(2j * contour) + (1 - trust) * np.exp(2j * free)
    return np.asarray(np.angle(double) / 2)


def _layer(
    canvas: Image.Image,
    height: Image.Image,
    target: Array,
    angles: Array,
    wrong: Array,
    brush: tuple[int, int],
    number: int,
    generator: np.random.Generator,
) -> None:
    """Paint the strokes of one layer in random order, the finer layers only where it is wrong."""
    breadth, half = brush
    step = breadth * 0.55
    rows, columns = np.mgrid[0 : target.shape[0] : step, 0 : target.shape[1] : step]
    places = np.stack([rows.ravel(), columns.ravel()], 1)
    places = places + generator.uniform(-step, step, places.shape) / 2
    draw, relief = ImageDraw.Draw(canvas), ImageDraw.Draw(height)
    limit = (-1.0, 0.16, 0.24)[number]
    bottom, right = target.shape[0] - 1, target.shape[1] - 1
    for row, column in places[generator.permutation(len(places))]:
        r, c = int(np.clip(row, 0, bottom)), int(np.clip(column, 0, right))
        if wrong[r, c] < limit and generator.random() > (0, 0.25, 0.03)[number]:
            continue
        colour = _mixed(target[r, c], generator)
        path = _path((float(row), float(column)), angles, target, half, generator)
        _bristles(draw, relief, path, colour, breadth, generator)


def _mixed(colour: Array, generator: np.random.Generator) -> Array:
    """The colour as it leaves the palette: lighter or darker, warmer or cooler."""
    value = generator.normal(0, 0.085)
    warm = generator.normal(0, 0.04)
    shifted = colour * (1 + 1.6 * value) + value * 0.5 + np.array([warm, 0, -warm])
    return np.asarray(np.clip(shifted, 0, 1))


def _path(
    start: tuple[float, float],
    angles: Array,
    target: Array,
    half: int,
    generator: np.random.Generator,
) -> list[tuple[float, float, float]]:
    """Places (x, y) and angles of a stroke that follows the field until the colour changes."""
    row, column = start
    bottom, right = target.shape[0] - 1, target.shape[1] - 1
    first = target[int(np.clip(row, 0, bottom)), int(np.clip(column, 0, right))]
    turn = generator.choice([0.0, np.pi])
    path: list[tuple[float, float, float]] = []
    length = 2 * half * generator.uniform(0.6, 1.2)
    travelled, step, before = 0.0, 4.0, None
    while travelled < length:
        r, c = int(np.clip(row, 0, bottom)), int(np.clip(column, 0, right))
        if travelled > half * 0.5 and np.abs(target[r, c] - first).sum() > 0.30:
            break
        angle = angles[r, c] + turn
        if before is not None and np.cos(angle - before) < 0:
            angle += np.pi
        before = angle
        path.append((column, row, angle))
        row, column = row + step * np.sin(angle), column + step * np.cos(angle)
        travelled += step
    return path


def _bristles(
    draw: ImageDraw.ImageDraw,
    relief: ImageDraw.ImageDraw,
    path: list[tuple[float, float, float]],
    colour: Array,
    breadth: int,
    generator: np.random.Generator,
) -> None:
    """Draw a stroke as parallel lines of slightly different colour and height."""
    if len(path) < 2:
        return
    many = max(3, breadth // 2)
    for offset in np.linspace(-0.5, 0.5, many):
        begin = int(generator.integers(0, 2))
        end = len(path) - int(generator.integers(0, 1 + len(path) // 4))
        reach = offset * breadth
        line = [(x - reach * np.sin(a), y + reach * np.cos(a)) for x, y, a in path[begin:end]]
        if len(line) < 2:
            continue
        shade = np.clip(colour * (1 + generator.normal(0, 0.07)), 0, 1)
        thick = 120 + 90 * (1 - (2 * offset) ** 2) + generator.normal(0, 26)
        draw.line(line, fill=tuple(int(255 * one) for one in shade), width=3, joint="curve")
        relief.line(line, fill=int(np.clip(thick, 0, 255)), width=3)
