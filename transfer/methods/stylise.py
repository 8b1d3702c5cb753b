"""Stylised pictures from contents, styles and seeds: what every door of `transfer` calls."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any

import torch
from PIL import Image

from common.device import free_memory
from common.errors import PictureError
from common.pictures import resize_to_width, to_image, to_tensor
from transfer.features.colour import grey, match_colours, match_luminance, with_chrominance
from transfer.methods import find_method, parameters_object, resolve_parameters
from transfer.methods.engine import Made, Task
from transfer.methods.memory import descent_bytes, images_that_fit
from transfer.methods.precision import check_precision

if TYPE_CHECKING:
    from transfer.decoders import Autoencoder
    from transfer.encoders.architecture import Encoder

Progress = Callable[[int, int], None]
"""Told the steps done and the steps there are, over all jobs."""


@dataclass(frozen=True)
class Job:
    """A picture to be made.

    Attributes:
        content: RGB.
        styles: one or more, RGB; of several, the statistics are averaged.
        seed: decides the noise, on every machine alike.

    """

    content: Image.Image
    styles: Sequence[Image.Image]
    seed: int


@dataclass(frozen=True)
class Outcome:
    """What became of a job.

    Attributes:
        image: the picture, or None where it failed.
        losses: its weighted losses `content`, `style` and `total` at the end.
        seconds: its share of the time its group took.
        error: why it failed, in one line; empty otherwise.
        evaluations: losses with gradient that were spent on it.

    """

    image: Image.Image | None
    losses: dict[str, float] = field(default_factory=dict)
    seconds: float = 0.0
    error: str = ""
    evaluations: int = 0


def stylise(
    method: str,
    jobs: Sequence[Job],
    *,
    encoder: Encoder,
    parameters: Mapping[str, Any],
    size: int,
    autoencoders: Sequence[Autoencoder] = (),
    precision: str = "float32",
    progress: Progress | None = None,
) -> list[Outcome]:
    """Make a picture for each of `jobs`, those of one size at once.

    The same call gives the same bits on the same machine with the same number of threads. A job
    that fails never changes its neighbours.

    Args:
        method: a key of `methods.METHODS`.
        jobs: contents and styles; each picture is resized to the width `size`.
        encoder: on the device to be used.
        parameters: any of the method's, complete or not.
        size: width in pixels of the results.
        autoencoders: for a method that needs decoders, one for each of its layers.
        precision: one of `precision.PRECISIONS`.
        progress: see `Progress`.

    Returns:
        One outcome per job, in their order.

    Raises:
        InputError: a method, parameter, precision or size that cannot be used, or a layer that
            the encoder does not have. What is wrong with one job's pictures is said in its
            outcome.

    """
    values = resolve_parameters(method, parameters)
    check_precision(precision)
    entry = find_method(method)
    make = partial(
        import_module(f"transfer.methods.{entry.engine}").run,
        entry,
        parameters_object(method, values),
        encoder=encoder,
        precision=precision,
    )
    if entry.needs_decoder:
        make = partial(make, autoencoders=autoencoders)
    colour = values.get("colour", "free")
    outcomes: dict[int, Outcome] = {}
    groups: dict[torch.Size, list[tuple[int, Task]]] = defaultdict(list)
    for number, job in enumerate(jobs):
        try:
            task = _task(job, size, colour)
        except PictureError as error:
            outcomes[number] = Outcome(None, error=str(error))
        else:
            groups[task.content.shape].append((number, task))
    steps = int(values.get("iterations", 1))
    counter = _Counter(steps * sum(map(len, groups.values())), progress)
    for group in groups.values():
        began = time.monotonic()
        made = _make_in_parts(make, [task for _, task in group], counter, encoder, values)
        counter.finish(steps * len(group))
        seconds = (time.monotonic() - began) / len(group)
        for (number, _), one in zip(group, made, strict=True):
            outcomes[number] = _outcome(one, seconds, jobs[number], colour)
    return [outcomes[number] for number in range(len(jobs))]


class _Counter:
    """Adds up the steps of one group after the other."""

    def __init__(self, total: int, progress: Progress | None) -> None:
        self.total, self.progress = total, progress
        self.before = 0

    def tell(self, steps: int) -> None:
        if self.progress is not None:
            self.progress(self.before + steps, self.total)

    def finish(self, steps: int) -> None:
        self.tell(steps)  # also where images ended early
        self.before += steps


def _task(job: Job, size: int, colour: str) -> Task:
    if not job.styles:
        raise PictureError("a job has no style picture: give at least one")
    content = to_tensor(resize_to_width(job.content, size))
    styles = tuple(to_tensor(resize_to_width(style, size)) for style in job.styles)
    if colour == "luminance":
        styles = tuple(match_luminance(style, content) for style in styles)
        content = grey(content)
    elif colour == "histogram":
        styles = tuple(match_colours(style, content) for style in styles)
    return Task(content, styles, job.seed)


def _make_in_parts(
    make: Callable[..., list[Made]],
    tasks: Sequence[Task],
    counter: _Counter,
    encoder: Encoder,
    values: Mapping[str, Any],
) -> list[Made]:
    """Make a group at once, or in halves of halves where an estimate says that it cannot fit."""
    free = free_memory(next(encoder.parameters()).device)
    if free is not None and len(tasks) > 1 and "history" in values:
        each = descent_bytes(
            encoder.widths,
            (tasks[0].content.shape[2], tasks[0].content.shape[3]),
            padding=encoder.padding,
            history=values["history"],
        )
        if len(tasks) > images_that_fit(free, each):
            middle = len(tasks) // 2
            return [
                made
                for half in (tasks[:middle], tasks[middle:])
                for made in _make_in_parts(make, half, counter, encoder, values)
            ]
    return _make(make, tasks, counter)


def _make(make: Callable[..., list[Made]], tasks: Sequence[Task], counter: _Counter) -> list[Made]:
    """Make a group at once, or its halves one after the other where the GPU's memory is short."""
    try:
        return make(tasks, progress=counter.tell)
    except torch.cuda.OutOfMemoryError:
        torch.cuda.empty_cache()
    if len(tasks) == 1:
        return [Made(None, {}, error="out of GPU memory: use a smaller size")]
    middle = len(tasks) // 2
    return _make(make, tasks[:middle], counter) + _make(make, tasks[middle:], counter)


def _outcome(made: Made, seconds: float, job: Job, colour: str) -> Outcome:
    picture = made.picture
    if picture is not None and colour == "luminance":
        content = to_tensor(resize_to_width(job.content, picture.shape[-1]))
        picture = with_chrominance(picture[None].cpu(), content)
    image = None if picture is None else to_image(picture)
    return Outcome(image, made.losses, seconds, made.error, made.evaluations)
