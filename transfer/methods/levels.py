"""Code shared by the engines that decode features: autoencoders by level, encoding, decoding."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

import torch
from torch import Tensor

from transfer.decoders import Autoencoder
from transfer.encoders.architecture import Encoder
from transfer.methods.base import Method
from transfer.methods.descent import fastest_format
from transfer.methods.engine import Result, Task, digest_of
from transfer.methods.precision import encoder_precision

Precision = Callable[[], AbstractContextManager[object]]
P = TypeVar("P")
"""The parameters of a method."""


@dataclass(frozen=True)
class Levels:
    """The autoencoders of an engine.

    Attributes:
        of_layer: each by its layer.
        device: where they run.
        memory_format: of the pictures that they are given.
        precision: a context for the networks; what is computed from features is outside it.

    """

    of_layer: dict[str, Autoencoder]
    device: torch.device
    memory_format: torch.memory_format
    precision: Precision

    @classmethod
    def of(cls, autoencoders: Sequence[Autoencoder], encoder: Encoder, precision: str) -> Levels:
        """The autoencoders on the device of `encoder`, in a `precision` of precision.PRECISIONS."""
        device = next(encoder.parameters()).device
        return cls(
            {one.layer: one for one in autoencoders},
            device,
            fastest_format(device, precision),
            partial(encoder_precision, precision, device),
        )

    def encode(self, layer: str, images: Tensor) -> Tensor:
        """Features of images (N, 3, H, W), in float32."""
        images = images.to(self.device).contiguous(memory_format=self.memory_format)
        with self.precision():
            features: Tensor = self.of_layer[layer].encoder(images, [layer])[layer]
        return features.float()

    def decode(self, layer: str, features: Tensor, like: Tensor) -> Tensor:
        """Images of the size of `like`, clipped to [0, 1], the range that encoders expect."""
        with self.precision():
            decoded: Tensor = self.of_layer[layer].decoder(features, (like.shape[2], like.shape[3]))
        return decoded.float().clamp(0, 1)


def engine(
    transform: Callable[[Levels, Tensor, Sequence[Task[Tensor]], P], Tensor],
) -> Callable[..., list[Result[Tensor]]]:
    """The `run` of an engine (see `engine.py`) that makes all pictures of a group at once.

    Its results have no losses. It raises InputError if a picture is too small for a level.

    Args:
        transform: (levels, contents (N, 3, H, W), tasks, parameters) → pictures (N, 3, H, W).

    """

    def run(
        method: Method,
        parameters: P,
        tasks: Sequence[Task[Tensor]],
        *,
        encoder: Encoder,
        precision: str,
        progress: Callable[[int], None],
        autoencoders: Sequence[Autoencoder],
    ) -> list[Result[Tensor]]:
        levels = Levels.of(autoencoders, encoder, precision)
        with torch.no_grad():
            contents = torch.cat([task.content for task in tasks]).to(levels.device)
            images = transform(levels, contents, tasks, parameters)
        progress(len(tasks))
        return [_result(image) for image in images.cpu()]

    return run


def once_per_styles(
    tasks: Sequence[Task[Tensor]], compute: Callable[[Sequence[Tensor]], Tensor]
) -> Tensor:
    """`compute` (1, …) of each task's styles, (N, …); tasks with equal styles share the result."""
    known: dict[bytes, Tensor] = {}
    digests = [digest_of(task.styles) for task in tasks]
    for task, digest in zip(tasks, digests, strict=True):
        if digest not in known:
            known[digest] = compute(task.styles)
    return torch.cat([known[digest] for digest in digests])


def weighted(values: Sequence[Tensor], shares: Sequence[float]) -> Tensor:
    """The weighted sum of one value per style; `shares` empty means equal shares."""
    if not shares:
        return torch.stack(list(values)).mean(0)
    return torch.stack([share * value for share, value in zip(shares, values, strict=True)]).sum(0)


def _result(image: Tensor) -> Result[Tensor]:
    if not bool(image.isfinite().all()):
        return Result(None, error="the transform gave values that are not finite")
    return Result(image)
