"""An inversion that saves its state regularly, for descents of hours."""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from common.atomic import write_bytes
from common.errors import InputError
from transfer.encoders.architecture import Encoder
from transfer.methods.engine import Result, Task
from transfer.methods.inversion import Inversion
from transfer.methods.inversion_engine import descent_of, results_of
from transfer.optimise.adam import Adam

EVERY = 60.0  # seconds between two saves; ours


def invert(
    parameters: Inversion,
    task: Task[Tensor],
    encoder: Encoder,
    *,
    checkpoint: Path,
    recipe: Mapping[str, Any],
    progress: Callable[[int], None],
    every: float = EVERY,
) -> tuple[Result[Tensor], int]:
    """The picture of a task and its number of steps; resumes from `checkpoint` if that exists.

    A resumed descent gives the same bits as an uninterrupted one. The file is replaced atomically,
    also on Ctrl-C, and deleted at the end.

    Args:
        parameters: loss, layer and schedule.
        task: the style and the seed.
        encoder: computes the features.
        checkpoint: file of the state.
        recipe: plain values that determine the result.
        progress: called with the steps done.
        every: seconds between two saves.

    Raises:
        InputError: the checkpoint is damaged or belongs to another recipe.

    """
    objective, adam = descent_of(parameters, [task], encoder, "float32")
    if checkpoint.exists():
        adam.load(_load(checkpoint, recipe))
    saved = time.monotonic()
    try:
        while adam.step(objective):
            progress(adam.steps[0])
            if time.monotonic() - saved >= every:
                _save(checkpoint, recipe, adam)
                saved = time.monotonic()
    except KeyboardInterrupt:
        _save(checkpoint, recipe, adam)
        raise
    progress(adam.steps[0])
    (result,) = results_of(adam)
    return result, adam.steps[0]


def _save(path: Path, recipe: Mapping[str, Any], adam: Adam) -> None:
    content = io.BytesIO()
    torch.save({"recipe": dict(recipe), "state": adam.state()}, content)
    write_bytes(content.getvalue(), path)


def _load(path: Path, recipe: Mapping[str, Any]) -> dict[str, Any]:
    try:
        stored = torch.load(path, map_location="cpu", weights_only=True)
        known, state = stored["recipe"], stored["state"]
    except Exception as error:  # torch raises various errors for a damaged file
        raise InputError(
            f"checkpoint {path} cannot be read ({type(error).__name__}): delete it to begin again"
        ) from error
    if changed := sorted(name for name in recipe if known.get(name) != recipe[name]):
        raise InputError(
            f"checkpoint {path} was made with other values of {', '.join(changed)}: use those, or "
            "delete it to begin again"
        )
    found: dict[str, Any] = state
    return found
