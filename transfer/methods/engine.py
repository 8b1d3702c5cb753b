"""Interface of the engines of methods: the tasks of a group, and their results.

An engine is a module of `transfer.methods` with a function

    run(method, parameters, tasks, *, encoder, precision, progress) -> list[Result[Tensor]]

that makes the pictures of all `tasks`, whose contents have one size, and calls `progress` with the
number of steps done. The engine of a method that needs decoders takes `autoencoders` as well.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from torch import Tensor

Picture = TypeVar("Picture")
"""`PIL.Image.Image` for callers of `stylise`. `Tensor` for engines: RGB in [0, 1] on the CPU, in
tasks (1, 3, H, W) at the width to be made, in results (3, H, W)."""


@dataclass(frozen=True)
class Task(Generic[Picture]):
    """One picture to be made.

    Attributes:
        content: for a method that needs none, the first style, which sets the size of the result.
        styles: one or more; the statistics of several are averaged.
        seed: of the noise, which is the same on every machine.

    """

    content: Picture
    styles: Sequence[Picture]
    seed: int


@dataclass(frozen=True)
class Result(Generic[Picture]):
    """The result of a task.

    Attributes:
        picture: None where the task failed.
        losses: weighted losses at the end: `content`, `style`, `total` and others of the method.
        evaluations: the number of evaluations of loss and gradient.
        error: the reason of a failure, in one line; empty otherwise.
        seconds: its share of the time its group took.

    """

    picture: Picture | None
    losses: dict[str, float] = field(default_factory=dict)
    evaluations: int = 0
    error: str = ""
    seconds: float = 0.0


def digest_of(pictures: Sequence[Tensor]) -> bytes:
    """SHA-256 of pictures on the CPU, by which tasks with equal pictures share targets."""
    digest = hashlib.sha256()
    for picture in pictures:
        digest.update(str(tuple(picture.shape)).encode())
        digest.update(picture.contiguous().numpy().tobytes())
    return digest.digest()
