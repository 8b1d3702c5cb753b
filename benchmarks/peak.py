"""The share of the processor's multiplications that a step of `gatys` makes use of.

The floor is a matrix product in float32 in the same run, on one thread and in processor time. Of a
step the multiplications of the encoder's convolutions count, forward and backward to the pixels:
what losses, updates and conversions cost is lost time. Products and steps alternate.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

import torch

from benchmarks.timing import one_thread, seconds
from transfer.encoders.architecture import Encoder, random_weights
from transfer.encoders.layout import CONVOLUTIONS, QUARTER_WIDTHS, VGG19_WIDTHS, map_size
from transfer.methods import METHODS, parameters_object, resolve_parameters
from transfer.methods.descent import run
from transfer.methods.engine import Task

SIZE = 256
HISTORY = 20
ROUNDS = 5
SIDE = 2048
"""Of the matrices, whose product is then long beside the time it takes to read them."""


def benchmarks() -> Iterator[dict[str, object]]:
    for layout, widths in (("compact", QUARTER_WIDTHS), ("vgg19", VGG19_WIDTHS)):
        encoder = Encoder(random_weights(widths), name="random", padding="zero")
        with one_thread():
            step, product = times(encoder)
        ours, peak = 2 * multiplications(widths) / step, SIDE**3 / product
        yield {
            "name": f"peak/gatys@{layout} (multiplications per second, step ÷ matrix product)",
            "ratio": ours / peak,
            "ours": ours,
            "reference": peak,
            "unit": "1/s",
        }


def multiplications(widths: tuple[int, ...]) -> int:
    """Multiplications of one pass through all convolutions; backward to the pixels has as many."""
    total, below = 0, 3
    for name, width in zip(CONVOLUTIONS, widths, strict=True):
        height, length = map_size(name.replace("conv", "relu"), SIZE, SIZE)
        total += 9 * below * width * height * length
        below = width
    return total


def times(encoder: Encoder) -> tuple[float, float]:
    """Processor seconds of the quickest step with a full history, and of the quickest product."""
    generator = torch.Generator().manual_seed(0)
    content, style = (torch.rand(1, 3, SIZE, SIZE, generator=generator) for _ in range(2))
    left, right = (torch.rand(SIDE, SIDE, generator=generator) for _ in range(2))
    steps: list[float] = []
    products: list[float] = []
    began = time.process_time()

    def between(step: int) -> None:
        nonlocal began
        if step > HISTORY:
            steps.append(time.process_time() - began)
            products.append(seconds(lambda: left @ right))
        began = time.process_time()

    values = resolve_parameters("gatys", {"iterations": HISTORY + ROUNDS, "history": HISTORY})
    run(
        METHODS["gatys"],
        parameters_object("gatys", values),
        [Task(content, (style,), 0)],
        encoder=encoder,
        precision="float32",
        progress=between,
    )
    return min(steps), min(products)
