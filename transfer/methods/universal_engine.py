"""The engine of `universal`: at each level encode, whiten, colour and decode."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor

from transfer.decoders import Autoencoder
from transfer.encoders.architecture import Encoder
from transfer.features.whitening import apply, covariance_power, spread
from transfer.methods.base import Method
from transfer.methods.descent import fastest_format
from transfer.methods.engine import Result, Task, digest_of
from transfer.methods.precision import encoder_precision
from transfer.methods.universal import Universal

Precision = Callable[[], AbstractContextManager[object]]


@dataclass(frozen=True)
class Colouring:
    """The styles' mean (1, C, 1) and the root of their covariance at a level."""

    mean: Tensor
    root: Tensor


def run(
    method: Method,
    parameters: Universal,
    tasks: Sequence[Task[Tensor]],
    *,
    encoder: Encoder,
    precision: str,
    progress: Callable[[int], None],
    autoencoders: Sequence[Autoencoder],
) -> list[Result[Tensor]]:
    """Make all pictures at once; their contents must have one size. There is no loss to report.

    Args:
        method: not used.
        parameters: strength, levels and threshold.
        tasks: contents and styles; seeds are not used, as there is no noise.
        encoder: on the device to be used; the levels use their own.
        precision: of the networks; whitening is float64 in all of them.
        progress: called with the number of pictures when they are done.
        autoencoders: one for each of the levels, or more.

    Raises:
        InputError: a picture is too small for a level.

    """
    device = next(encoder.parameters()).device
    context = partial(encoder_precision, precision, device)
    memory_format = fastest_format(device, precision)
    of_layer = {one.layer: one for one in autoencoders}
    images = torch.cat([task.content for task in tasks]).to(device)
    with torch.no_grad():
        for layer in reversed(parameters.style_layers):
            level = of_layer[layer]
            place = partial(_place, device=device, memory_format=memory_format)
            colourings = _colourings(level, tasks, parameters, place, context)
            images = _transfer(level, place(images), colourings, parameters, context)
    progress(len(tasks))
    return [_result(image) for image in images.cpu()]


def _colourings(
    level: Autoencoder,
    tasks: Sequence[Task[Tensor]],
    parameters: Universal,
    place: Callable[[Tensor], Tensor],
    precision: Precision,
) -> list[Colouring]:
    """One for each task; styles that several tasks share are encoded once."""
    known: dict[bytes, Colouring] = {}
    digests = [digest_of(task.styles) for task in tasks]
    for task, digest in zip(tasks, digests, strict=True):
        if digest in known:
            continue
        means, roots = [], []
        for style in task.styles:
            found = spread(_encode(level, place(style), precision))
            means.append(found.mean)
            roots.append(covariance_power(found, 0.5, parameters.eigenvalue_threshold))
        # Equal shares of each style (Chiu & Gurari 2020, supplement, equation 30). Whitening is the
        # same for all and the rest is linear: this averages the transformed features.
        known[digest] = Colouring(torch.stack(means).mean(0), torch.stack(roots).mean(0))
    return [known[digest] for digest in digests]


def _transfer(
    level: Autoencoder,
    images: Tensor,
    colourings: Sequence[Colouring],
    parameters: Universal,
    precision: Precision,
) -> Tensor:
    """The images (N, 3, H, W) after one level."""
    features = _encode(level, images, precision)
    own = spread(features)
    whitening = covariance_power(own, -0.5, parameters.eigenvalue_threshold)
    colouring = torch.bmm(torch.cat([one.root for one in colourings]), whitening)
    mean = torch.cat([one.mean for one in colourings])
    # α (T (F − μ) + μ_style) + (1 − α) F as one product: Li et al. 2017, equations 2 to 4.
    alpha = parameters.alpha
    identity = torch.eye(colouring.shape[1], dtype=colouring.dtype, device=colouring.device)
    matrix = alpha * colouring + (1 - alpha) * identity
    shift = alpha * (mean - torch.bmm(colouring, own.mean))
    with precision():
        decoded: Tensor = level.decoder(
            apply(matrix, shift, features), (images.shape[2], images.shape[3])
        )
    # Pictures are within [0, 1], and encoders were trained on nothing else.
    return decoded.float().clamp(0, 1)


def _encode(level: Autoencoder, images: Tensor, precision: Precision) -> Tensor:
    with precision():
        features: Tensor = level.encoder(images, [level.layer])[level.layer]
    return features.float()


def _place(picture: Tensor, device: torch.device, memory_format: torch.memory_format) -> Tensor:
    return picture.to(device).contiguous(memory_format=memory_format)


def _result(image: Tensor) -> Result[Tensor]:
    if not bool(image.isfinite().all()):
        return Result(None, error="the transform gave values that are not finite")
    return Result(image)
