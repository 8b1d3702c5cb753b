"""Six pairs of pictures on which formulas are compared with second computations."""

from __future__ import annotations

import numpy as np
from PIL import Image

from transfer.samples.contents import sample_contents
from transfer.samples.styles import brickwork, hatching, swirls

SIDE = 176


def crop(pixels: np.ndarray, side: int = SIDE) -> Image.Image:
    """The middle of a picture, at half its size."""
    image = Image.fromarray(pixels).reduce(2)
    left, top = (image.width - side) // 2, (image.height - side) // 2
    return image.crop((left, top, left + side, top + side))


def pairs() -> list[tuple[Image.Image, Image.Image]]:
    """Stimulus and reference: photographs with a texture blended in, against one of the two."""
    contents = [crop(sample.pixels) for sample in sample_contents()[:3]]
    styles = [
        crop(np.asarray(Image.fromarray(texture).resize((400, 400))))
        for texture in (swirls(128), hatching(128), brickwork())
    ]
    found = []
    for content, style, share in zip(contents, styles, (0.3, 0.5, 0.8), strict=True):
        stimulus = Image.blend(content, style, share)
        found += [(stimulus, content), (stimulus, style)]
    return found
