"""What the engines of methods take and give: the tasks of a group, and the pictures made.

An engine is a module of `transfer.methods` with a function

    run(method, parameters, tasks, *, encoder, precision, progress) -> list[Made]

that makes all `tasks`, whose contents have one size, and tells `progress` its steps. The engine of
a method that needs decoders takes `autoencoders` as well.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True)
class Task:
    """One picture to be made.

    Attributes:
        content: (1, 3, H, W), RGB in [0, 1], on the CPU.
        styles: each (1, 3, h, w), likewise.

    """

    content: Tensor
    styles: tuple[Tensor, ...]
    seed: int


@dataclass(frozen=True)
class Made:
    """A picture (3, H, W), or None with the reason; its weighted losses and its evaluations."""

    picture: Tensor | None
    losses: dict[str, float]
    evaluations: int = 0
    error: str = ""


def digest_of(pictures: Sequence[Tensor]) -> bytes:
    """A hash of pictures on the CPU, by which targets are found again that many tasks share."""
    digest = hashlib.sha256()
    for picture in pictures:
        digest.update(str(tuple(picture.shape)).encode())
        digest.update(picture.contiguous().numpy().tobytes())
    return digest.digest()
