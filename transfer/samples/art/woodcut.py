"""Woodcut: black ink on warm paper, marks of a gouge that follow the form, and one tint block."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from skimage import data

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
_PAPER = np.array([0.945, 0.905, 0.820])
_INK = np.array([0.085, 0.075, 0.085])
_TINT = np.array([0.800, 0.420, 0.200])


def woodcut(width: int = 512, seed: int = 21) -> NDArray[np.uint8]:
    """The cat."""
    generator = np.random.default_rng(seed)
    scene = fitted(data.chelsea(), _CANVAS)
    grey = lightness(scene)
    tone = _tone(grey)
    angles, _ = contour_angles(grey, 7)
    marks = _marks(grey.shape, angles, generator)
    ink = _soft(marks * 0.62 + 0.5 - tone + _outline(grey, angles), 0.05)
    ink = ink * (1 - 0.35 * clouds(grey.shape, 5, generator) ** 6)
    warm = np.clip((scene[..., 0] - scene[..., 2]) * 3.2 - 0.35, 0, 1)
    tint = _soft(blurred(warm, 6) - 0.42, 0.012) * (0.82 + 0.18 * clouds(grey.shape, 60, generator))
    sheet = _PAPER * (1 + 0.018 * paper(grey.shape, generator))[..., None]
    sheet = sheet * (1 - 0.75 * tint[..., None] * (1 - _TINT))
    return reduced(sheet * (1 - ink[..., None]) + _INK * ink[..., None], width)


def _tone(grey: Array) -> Array:
    """Lightness with local contrast raised, so that both paper and ink get large areas."""
    base = blurred(grey, 40)
    local = blurred(grey, 2.0) - base
    tone = 0.5 + 0.75 * (base - base.mean()) + 2.1 * local
    return np.asarray(np.clip(0.04 + tone, 0, 1))


def _marks(shape: tuple[int, int], angles: Array, generator: np.random.Generator) -> Array:
    """Lines (H, W) in about [-0.5, 0.5] along the form: noise smeared in the gouge's direction."""
    noise = blurred(generator.standard_normal(shape), 1.9)
    smeared = blurred(along(noise / noise.std(), angles, 26), 0.8)
    ranks = smeared.ravel().argsort().argsort().reshape(shape) / smeared.size
    return np.asarray(ranks - 0.5)


def _outline(grey: Array, angles: Array) -> Array:
    """Darkness (H, W) of contours: a difference of Gaussians, smoothed along them."""
    difference = blurred(grey, 5.0) - blurred(grey, 2.0)
    return np.clip(along(difference, angles, 8) * 9 - 0.12, 0, 0.8)


def _soft(values: Array, width: float) -> Array:
    """0 below 0, 1 above it, with a smooth step of that width."""
    return np.asarray(1 / (1 + np.exp(np.clip(-values / (width / 4), -40, 40))))
