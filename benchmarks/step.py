"""A step of each method (losses, gradient, update) against the bare encoder, forward and backward.

Both go to the same depth, at 256 px, on one thread and in processor time. The floor is the faster
of the two memory formats. Steps and bare passes alternate, so that other load affects both equally;
the quickest of each counts.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

import torch
from torch import Tensor

from benchmarks.timing import one_thread
from transfer.encoders.architecture import Encoder, random_weights
from transfer.encoders.layout import QUARTER_WIDTHS, STYLE_LAYERS, VGG19_WIDTHS
from transfer.methods import METHODS, parameters_object, resolve_parameters
from transfer.methods.descent import run
from transfer.methods.engine import Task

SIZE = 256
HISTORY = 20  # steps before the curvature history is full, which is when steps cost most
ROUNDS = 8
FORMATS = (torch.contiguous_format, torch.channels_last)


def benchmarks() -> Iterator[dict[str, object]]:
    for layout, widths, padding in (
        ("compact", QUARTER_WIDTHS, "reflect"),
        ("vgg19", VGG19_WIDTHS, "zero"),
    ):
        encoder = Encoder(random_weights(widths), name="random", padding=padding)
        for key, method in METHODS.items():
            if method.engine == "descent":
                with one_thread():
                    ours, floor = step_and_floor(key, encoder)
                yield {
                    "name": f"step/{key}@{layout}",
                    "ratio": ours / floor,
                    "ours": ours,
                    "reference": floor,
                    "unit": "s",
                }


def step_and_floor(key: str, encoder: Encoder) -> tuple[float, float]:
    """Seconds of the quickest step with a full history, and of the quickest bare pass."""
    generator = torch.Generator().manual_seed(0)
    content, style = (torch.rand(1, 3, SIZE, SIZE, generator=generator) for _ in range(2))
    steps: list[float] = []
    passes: list[float] = []
    began = time.process_time()

    def between(step: int) -> None:
        nonlocal began
        if step > HISTORY:
            steps.append(time.process_time() - began)
            passes.extend(bare(encoder, content, memory_format) for memory_format in FORMATS)
        began = time.process_time()

    values = resolve_parameters(key, {"iterations": HISTORY + ROUNDS, "history": HISTORY})
    run(
        METHODS[key],
        parameters_object(key, values),
        [Task(content, (style,), 0)],
        encoder=encoder,
        precision="float32",
        progress=between,
    )
    return min(steps), min(passes)


def bare(encoder: Encoder, image: Tensor, memory_format: torch.memory_format) -> float:
    """Seconds of one forward and backward pass to the pixels."""
    pixels = image.contiguous(memory_format=memory_format).requires_grad_()
    start = time.process_time()
    deepest = encoder(pixels, STYLE_LAYERS)[STYLE_LAYERS[-1]]
    torch.autograd.grad(deepest, pixels, torch.ones_like(deepest))
    return time.process_time() - start
