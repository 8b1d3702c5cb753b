"""Make stylised pictures from contents, styles and seeds."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any

import torch
from PIL import Image
from torch import Tensor

from common.device import free_memory
from common.errors import PictureError
from common.pictures import resize_to_width, to_image, to_tensor
from transfer.features.colour import grey, match_colours, match_luminance, with_chrominance
from transfer.methods import check_styles, find_method, parameters_object
from transfer.methods.engine import Result, Task
from transfer.methods.memory import descent_bytes, images_that_fit
from transfer.methods.parameters import Parameters
from transfer.methods.precision import check_precision

if TYPE_CHECKING:
    from transfer.decoders import Autoencoder
    from transfer.encoders.architecture import Encoder

ReportSteps = Callable[[int, int], None]
"""Called with the steps done and the steps of all tasks together."""


def stylise(
    method: str,
    tasks: Sequence[Task[Image.Image]],
    *,
    encoder: Encoder,
    parameters: Mapping[str, Any],
    size: int,
    autoencoders: Sequence[Autoencoder] = (),
    precision: str = "float32",
    progress: ReportSteps | None = None,
) -> list[Result[Image.Image]]:
    """Make a picture for each of `tasks`, those of one size at once.

    The same call gives the same bits on the same machine with the same number of threads. A task
    that fails does not change the other results.

    Args:
        method: a key of `methods.METHODS`.
        tasks: contents and styles; each picture is resized to the width `size`.
        encoder: on the device to be used.
        parameters: of the method, checked by `resolve_parameters`; missing ones have their
            defaults.
        size: width in pixels of the results.
        autoencoders: for a method that needs decoders, one for each of its layers.
        precision: one of `precision.PRECISIONS`.
        progress: see `ReportSteps`.

    Returns:
        One result per task, in their order.

    Raises:
        InputError: a method, precision or size that cannot be used, or a layer that the encoder
            does not have. An error in the pictures of one task is reported in its result.

    """
    check_precision(precision)
    entry = find_method(method)
    chosen = parameters_object(method, parameters)
    make = partial(
        import_module(f"transfer.methods.{entry.engine}").run,
        entry,
        chosen,
        encoder=encoder,
        precision=precision,
    )
    if entry.needs_decoder:
        make = partial(make, autoencoders=autoencoders)
    colour: str = getattr(chosen, "colour", "free")  # inversion has no such parameter
    results: dict[int, Result[Image.Image]] = {}
    groups: dict[torch.Size, list[tuple[int, Task[Tensor]]]] = defaultdict(list)
    for number, task in enumerate(tasks):
        try:
            resized = _resized(task, size, colour, getattr(chosen, "style_share", ()))
        except PictureError as error:
            results[number] = Result(None, error=str(error))
        else:
            groups[resized.content.shape].append((number, resized))
    steps = chosen.steps
    counter = _Counter(steps * sum(map(len, groups.values())), progress)
    for group in groups.values():
        began = time.monotonic()
        made = _make_in_parts(make, [task for _, task in group], counter, encoder, chosen)
        counter.finish(steps * len(group))
        seconds = (time.monotonic() - began) / len(group)
        for (number, _), result in zip(group, made, strict=True):
            results[number] = _as_image(result, seconds, tasks[number], colour)
    return [results[number] for number in range(len(tasks))]


class _Counter:
    """Adds up the steps of successive groups."""

    def __init__(self, total: int, progress: ReportSteps | None) -> None:
        self.total, self.progress = total, progress
        self.before = 0

    def report(self, steps: int) -> None:
        if self.progress is not None:
            self.progress(self.before + steps, self.total)

    def finish(self, steps: int) -> None:
        self.report(steps)  # even if images ended early
        self.before += steps


def _resized(
    task: Task[Image.Image], size: int, colour: str, shares: Sequence[float]
) -> Task[Tensor]:
    check_styles(len(task.styles), shares)
    styles = tuple(to_tensor(resize_to_width(style, size)) for style in task.styles)
    content = to_tensor(resize_to_width(task.content, size))
    if colour == "luminance":
        styles = tuple(match_luminance(style, content) for style in styles)
        content = grey(content)
    elif colour == "histogram":
        styles = tuple(match_colours(style, content) for style in styles)
    return Task(content, styles, task.seed)


def _make_in_parts(
    make: Callable[..., list[Result[Tensor]]],
    tasks: Sequence[Task[Tensor]],
    counter: _Counter,
    encoder: Encoder,
    parameters: Parameters,
) -> list[Result[Tensor]]:
    """Make a group at once, or in parts if it is estimated not to fit into memory."""
    free = free_memory(next(encoder.parameters()).device)
    history = getattr(parameters, "history", None)
    if free is not None and len(tasks) > 1 and history is not None:
        each = descent_bytes(
            encoder.widths,
            (tasks[0].content.shape[2], tasks[0].content.shape[3]),
            padding=encoder.padding,
            history=history,
        )
        if len(tasks) > images_that_fit(free, each):
            middle = len(tasks) // 2
            return [
                result
                for half in (tasks[:middle], tasks[middle:])
                for result in _make_in_parts(make, half, counter, encoder, parameters)
            ]
    return _make(make, tasks, counter)


def _make(
    make: Callable[..., list[Result[Tensor]]], tasks: Sequence[Task[Tensor]], counter: _Counter
) -> list[Result[Tensor]]:
    """Make a group at once, or its halves one after the other if the GPU runs out of memory."""
    try:
        return make(tasks, progress=counter.report)
    except torch.cuda.OutOfMemoryError:
        torch.cuda.empty_cache()
    if len(tasks) == 1:
        return [Result(None, error="out of GPU memory: use a smaller size")]
    middle = len(tasks) // 2
    return _make(make, tasks[:middle], counter) + _make(make, tasks[middle:], counter)


def _as_image(
    result: Result[Tensor], seconds: float, task: Task[Image.Image], colour: str
) -> Result[Image.Image]:
    picture = result.picture
    if picture is not None and colour == "luminance":
        content = to_tensor(resize_to_width(task.content, picture.shape[-1]))
        picture = with_chrominance(picture[None].cpu(), content)
    image = None if picture is None else to_image(picture)
    return Result(image, result.losses, result.evaluations, result.error, seconds)
