"""Base E of one picture, for a style that is already encoded, against the bare forward pass."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import numpy as np
import torch
from PIL import Image

from metrics.effectiveness.basis import build, describe
from metrics.effectiveness.divergence import effectiveness, prepare
from transfer.encoders.architecture import Encoder, random_weights
from transfer.encoders.layout import QUARTER_WIDTHS, STYLE_LAYERS, VGG19_WIDTHS

ROUNDS = 5


def benchmarks() -> Iterator[dict[str, object]]:
    for title, widths, size in (
        ("quarter width, 192 px", QUARTER_WIDTHS, 192),
        ("quarter width, 512 px", QUARTER_WIDTHS, 512),
        ("VGG-19 width, 256 px", VGG19_WIDTHS, 256),
    ):
        encoder = Encoder(random_weights(widths), name="random", padding="reflect")
        picture, style = noise(1, size), noise(2, size)
        basis = build([noise(3, size)], encoder, size=size)
        target = describe(prepare(style, size), encoder, STYLE_LAYERS)
        image = prepare(picture, size)

        def ours() -> None:
            stimulus = describe(prepare(picture, size), encoder, STYLE_LAYERS)  # noqa: B023
            effectiveness(stimulus, target, basis)  # noqa: B023

        def bare() -> None:
            with torch.no_grad():
                encoder(image, STYLE_LAYERS)  # noqa: B023

        mine, floor = quickest(ours, bare)
        yield {
            "name": f"effectiveness ÷ encoder forward, {title}",
            "ratio": mine / floor,
            "ours": mine,
            "reference": floor,
            "unit": "s",
        }


def noise(seed: int, size: int) -> Image.Image:
    pixels = np.random.default_rng(seed).integers(0, 256, (size, size * 3 // 2, 3), dtype=np.uint8)
    return Image.fromarray(pixels)


def quickest(*functions: Callable[[], None]) -> list[float]:
    """Seconds of the quickest of ROUNDS calls, which alternate, so that other load affects all
    equally."""
    for function in functions:
        function()
    seconds = [float("inf")] * len(functions)
    for _ in range(ROUNDS):
        for index, function in enumerate(functions):
            start = time.perf_counter()
            function()
            seconds[index] = min(seconds[index], time.perf_counter() - start)
    return seconds
