"""Images per second with a batch of 8 against one image at a time, `gatys` on the CPU.

At 128 px with the layout of `compact`, so that a batch is larger than the caches and one image is
not; on one thread, in processor time, alternately.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import torch

from benchmarks.timing import one_thread, seconds
from transfer.encoders.architecture import Encoder, random_weights
from transfer.encoders.layout import QUARTER_WIDTHS
from transfer.methods import METHODS, parameters_object, resolve_parameters
from transfer.methods.descent import run
from transfer.methods.engine import Task

BATCH = 8
SIZE = 128
ITERATIONS = 8
ROUNDS = 3


def benchmarks() -> Iterator[dict[str, object]]:
    encoder = Encoder(random_weights(QUARTER_WIDTHS), name="random", padding="reflect")
    generator = torch.Generator().manual_seed(0)
    style = torch.rand(1, 3, SIZE, SIZE, generator=generator)
    tasks = [
        Task(torch.rand(1, 3, SIZE, SIZE, generator=generator), (style,), seed)
        for seed in range(BATCH)
    ]
    together, alone = [], []
    with one_thread():
        for _ in range(ROUNDS):
            together.append(seconds(partial(make, encoder, tasks)))
            alone.append(sum(seconds(partial(make, encoder, [task])) for task in tasks))
    yield {
        "name": f"batch/{BATCH} (images per second, ours ÷ one at a time)",
        "ratio": min(alone) / min(together),
        "ours": BATCH / min(together),
        "reference": BATCH / min(alone),
        "unit": "images/s",
    }


def make(encoder: Encoder, tasks: list[Task]) -> None:
    values = resolve_parameters("gatys", {"iterations": ITERATIONS})
    run(
        METHODS["gatys"],
        parameters_object("gatys", values),
        tasks,
        encoder=encoder,
        precision="float32",
        progress=lambda steps: None,
    )
