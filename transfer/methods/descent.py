"""The engine of all methods that minimise a loss over the pixels."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import torch
from torch import Tensor

from transfer.encoders.architecture import Encoder
from transfer.encoders.layout import IMAGENET
from transfer.methods.base import Composition, Method, Term, Unweighted
from transfer.methods.engine import Result, Task, digest_of
from transfer.methods.losses import Losses, Targets, targets_of
from transfer.methods.precision import encoder_precision
from transfer.methods.scale import style_scale
from transfer.optimise import lbfgs
from transfer.optimise.base import State

FAILURE = f"the optimisation failed: {State.FAILED.value}; use a smaller weight"


def run(
    method: Method,
    parameters: Unweighted,
    tasks: Sequence[Task[Tensor]],
    *,
    encoder: Encoder,
    precision: str,
    progress: Callable[[int], None],
) -> list[Result[Tensor]]:
    """Make all pictures at once; their contents must have one size.

    `progress` is called with the steps of all pictures together.

    Raises:
        InputError: the encoder does not have a layer that the method needs.

    """
    assert method.compose is not None
    losses = prepare(
        method.compose(parameters), tasks, encoder, precision, shares=parameters.style_share
    )
    device = next(encoder.parameters()).device
    start = torch.cat([start_of(task, parameters.init, parameters.noise_std) for task in tasks])
    result = lbfgs.minimise(
        losses,
        start.to(device),
        iterations=parameters.iterations,
        history=parameters.history,
        progress=progress,
    )
    parts = losses.parts(result.images)
    rows = torch.stack([parts.content, parts.style, parts.total], dim=1).tolist()
    return [
        Result(
            picture=None if state is State.FAILED else image.cpu(),
            losses=dict(zip(("content", "style", "total"), row, strict=True)),
            evaluations=evaluations,
            error=FAILURE if state is State.FAILED else "",
        )
        for image, state, row, evaluations in zip(
            result.images, result.states, rows, result.evaluations, strict=True
        )
    ]


def prepare(
    composition: Composition,
    tasks: Sequence[Task[Tensor]],
    encoder: Encoder,
    precision: str,
    *,
    shares: Sequence[float] = (),
) -> Losses:
    """The losses of all tasks; statistics of a picture that tasks share are computed once.

    `shares` are the weights of each task's styles; empty means equal weights.

    Raises:
        InputError: the encoder does not have a layer of the composition.

    """
    encoder.require(composition.layers)
    device = next(encoder.parameters()).device
    memory_format = fastest_format(device, precision)
    # Otherwise every convolution would convert its weights at every step.
    encoder.to(memory_format=memory_format)
    context = partial(encoder_precision, precision, device)
    place = partial(_place, device=device, memory_format=memory_format)
    height, width = tasks[0].content.shape[-2:]
    known: dict[tuple[bytes, tuple[Term, ...]], Targets] = {}

    def targets(
        terms: tuple[Term, ...], pictures: Sequence[Tensor], shares: Sequence[float] = ()
    ) -> Targets:
        key = (digest_of(pictures), terms)
        if key not in known:
            placed = [place(one) for one in pictures]
            known[key] = targets_of(
                terms, placed, encoder, context, size=(height, width), shares=shares
            )
        return known[key]

    return Losses(
        composition,
        encoder,
        [
            targets(composition.content, [task.content])
            | targets(composition.style, task.styles, shares)
            for task in tasks
        ],
        style_scale=style_scale(encoder.name),
        precision=context,
        memory_format=memory_format,
    )


def start_of(task: Task[Tensor], init: str, noise_std: float) -> Tensor:
    """The start of a picture's descent, (1, 3, H, W); the noise depends on the seed only.

    The noise is drawn on the CPU, whose generator gives the same numbers on every machine.
    """
    if init == "content":
        return task.content.clone()
    generator = torch.Generator().manual_seed(task.seed)
    drawn = torch.randn(task.content.shape, generator=generator)
    noise = noise_std * drawn.to(task.content)
    if init == "content+noise":
        return task.content + noise
    return noise.new_tensor(IMAGENET.mean).reshape(1, 3, 1, 1) + noise


def fastest_format(device: torch.device, precision: str) -> torch.memory_format:
    """Channels last takes 0.8 of the time on a CPU, and tensor cores of GPUs require it."""
    if device.type == "cuda" and precision == "float32":
        return torch.contiguous_format
    return torch.channels_last


def _place(picture: Tensor, device: torch.device, memory_format: torch.memory_format) -> Tensor:
    return picture.to(device).contiguous(memory_format=memory_format)
