"""Stained glass: panes of coloured glass, lit from behind, held by strips of lead.

Panes are superpixels (Achanta et al. 2012, *SLIC*) with smoothed outlines.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage import color, segmentation
from sklearn.datasets import load_sample_image

from transfer.samples.art.easel import (
    Array,
    blurred,
    clouds,
    fitted,
    lightness,
    lit,
    reduced,
    warped,
)

_CANVAS = 1024
_PANES = 300
_LEAD = 4.2
"""Half the width of a lead strip, in pixels of the canvas."""


def stained_glass(width: int = 512, seed: int = 4) -> NDArray[np.uint8]:
    """The dahlia."""
    generator = np.random.default_rng(seed)
    photograph = np.asarray(load_sample_image("flower.jpg"), dtype=np.uint8)
    scene = fitted(photograph[40:390, 120:570], _CANVAS)
    panes = _panes(scene, generator)
    glass = _glass(scene, panes, generator)
    edge = _distance(panes)
    lead = np.clip((_LEAD + 1.0 - edge) / 2.0, 0, 1)[..., None]
    profile = np.sqrt(np.clip(1 - (edge / _LEAD) ** 2, 0, 1))
    metal = lit(np.full_like(scene, 0.10), blurred(profile, 1.0), 0.25)
    halo = np.clip(1 - np.exp(-((edge / 16) ** 2)) * 0.34, 0, 1)[..., None]
    return reduced(glass * halo * (1 - lead) + metal * lead, width)


def _panes(scene: Array, generator: np.random.Generator) -> NDArray[np.int64]:
    """The number of the pane at each place (H, W)."""
    calm = blurred(scene, 3)
    found = segmentation.slic(
        calm, n_segments=_PANES, compactness=13, sigma=2, start_label=0, channel_axis=-1
    )
    bend = [14 * (clouds(found.shape, 90, generator) - 0.5) for _ in range(2)]
    y, x = np.mgrid[0 : found.shape[0], 0 : found.shape[1]]
    rows = np.clip(np.rint(y + bend[0]), 0, found.shape[0] - 1).astype(int)
    columns = np.clip(np.rint(x + bend[1]), 0, found.shape[1] - 1).astype(int)
    return _smoothed(found[rows, columns].astype(np.int64))


def _smoothed(panes: NDArray[np.int64], sigma: float = 5.0) -> NDArray[np.int64]:
    """Panes with rounded outlines: a place goes to the pane with most of its surroundings."""
    panes = np.unique(panes, return_inverse=True)[1].reshape(panes.shape)  # no number is missing
    best, owner = np.zeros(panes.shape), panes.copy()
    for number, box in enumerate(ndimage.find_objects(panes + 1)):
        rows, columns = (slice(max(0, one.start - 20), one.stop + 20) for one in box)
        around = rows, columns
        share = ndimage.gaussian_filter((panes[around] == number).astype(float), sigma)
        wins = share > best[around]
        best[around][wins], owner[around][wins] = share[wins], number
    return owner


def _distance(panes: NDArray[np.int64]) -> Array:
    """Distance (H, W) from the nearest border between panes, in pixels."""
    border = np.zeros(panes.shape, dtype=bool)
    border[1:] |= panes[1:] != panes[:-1]
    border[:, 1:] |= panes[:, 1:] != panes[:, :-1]
    return np.asarray(ndimage.distance_transform_edt(~border))


def _glass(scene: Array, panes: NDArray[np.int64], generator: np.random.Generator) -> Array:
    """The light through each pane: one deep colour, streaks of the melt, and a glow."""
    numbers = np.arange(panes.max() + 1)
    means = np.stack([ndimage.mean(scene[..., one], panes, numbers) for one in range(3)], axis=-1)
    hsv = color.rgb2hsv(np.nan_to_num(means)[None])[0]
    hsv[:, 0] = (hsv[:, 0] + generator.normal(0, 0.022, len(hsv))) % 1
    cool = (hsv[:, 0] > 0.3) & (hsv[:, 0] < 0.7)
    hsv[cool, 0] += generator.choice([0.0, 0.07, 0.14, -0.08], cool.sum(), p=[0.4, 0.25, 0.2, 0.15])
    hsv[:, 1] = np.clip(hsv[:, 1] * 1.25 + 0.12, 0, 0.95)
    low, high = np.percentile(hsv[:, 2], [3, 97])
    value = np.clip((hsv[:, 2] - low) / (high - low), 0, 1)
    hsv[:, 2] = np.clip(0.32 + 0.66 * value + generator.normal(0, 0.06, len(hsv)), 0.22, 1)
    glass = color.hsv2rgb(hsv[None])[0][panes]
    shape = panes.shape
    tilt = generator.uniform(0, np.pi, len(numbers))[panes]
    y, x = np.mgrid[0 : shape[0], 0 : shape[1]]
    melt = warped(clouds(shape, 40, generator), 8 * np.sin(x / 23), 8 * np.sin(y / 29))
    streaks = np.sin((x * np.cos(tilt) + y * np.sin(tilt)) / 9 + 9 * melt)
    glow = blurred(lightness(scene), 60)
    light = 1 + 0.10 * streaks + 0.35 * (melt - 0.5) + 0.25 * (glow - glow.mean())
    return np.asarray(np.clip(glass * light[..., None], 0, 1))
