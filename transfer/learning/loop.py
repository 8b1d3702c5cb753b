"""The training loop: random crops, Adam, and checkpoints from which it can be resumed."""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Mapping
from dataclasses import MISSING, asdict, dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from common.atomic import write_bytes
from common.errors import InputError
from transfer.learning.crops import Pictures
from transfer.learning.recipe import Recipe


@dataclass(frozen=True)
class TrainingReport:
    """State of a training.

    Attributes:
        step: steps done.
        losses: by name, averaged since the last report.
        seconds: since it began or was resumed.

    """

    step: int
    losses: Mapping[str, float]
    seconds: float


def learn(
    network: nn.Module,
    losses: Callable[[Tensor], Mapping[str, Tensor]],
    recipe: Recipe,
    pictures: Pictures,
    checkpoint: Path,
    *,
    weights: Mapping[str, float] | None = None,
    device: torch.device,
    every: int,
    report: Callable[[TrainingReport], None],
) -> None:
    """Train the network for all steps of the recipe; resume from `checkpoint` if it exists.

    The crops of step i depend only on the seed and i, so a resumed training gets the same pictures.
    The checkpoint is replaced atomically every `every` steps.

    Args:
        network: on `device`; parameters that require gradients change.
        losses: of crops (N, 3, H, W), by name.
        recipe: the parameters of the training.
        pictures: the source of the crops.
        checkpoint: file of the training's state.
        weights: of the losses in their sum; 1 by default.
        device: on which to train.
        every: steps between checkpoints and reports.
        report: called at every checkpoint.

    Raises:
        InputError: the checkpoint belongs to another recipe.

    """
    optimiser = torch.optim.Adam([one for one in network.parameters() if one.requires_grad])
    first, curve = 0, []
    if (state := _load(checkpoint, recipe, device)) is not None:
        network.load_state_dict(state["network"])
        optimiser.load_state_dict(state["optimiser"])
        first, curve = int(state["step"]), list(state["curve"])
    began = time.monotonic()
    sums: dict[str, Tensor] = {}
    for step in range(first, recipe.steps):
        for group in optimiser.param_groups:
            group["lr"] = recipe.rate_at(step)
        images = pictures.crops(recipe, np.random.default_rng((recipe.seed, step)))
        found = losses(images.contiguous(memory_format=torch.channels_last))
        total = torch.stack([(weights or {}).get(name, 1.0) * one for name, one in found.items()])
        optimiser.zero_grad(set_to_none=True)
        total.sum().backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
        for name, one in found.items():
            sums[name] = sums.get(name, torch.zeros_like(one)) + one.detach()
        if (step + 1) % every == 0 or step + 1 == recipe.steps:
            means = {name: float(one) / (step % every + 1) for name, one in sums.items()}
            sums = {}
            curve.append({"step": step + 1, **means})
            state = {
                "recipe": asdict(recipe),
                "network": network.state_dict(),
                "optimiser": optimiser.state_dict(),
                "step": step + 1,
                "curve": curve,
            }
            _save(checkpoint, state)
            report(TrainingReport(step + 1, means, time.monotonic() - began))


def _save(path: Path, state: Mapping[str, Any]) -> None:
    buffer = io.BytesIO()
    torch.save(dict(state), buffer)
    write_bytes(buffer.getvalue(), path)


def _load(path: Path, recipe: Recipe, device: torch.device) -> dict[str, Any] | None:
    """The saved state; None if there is none."""
    if not path.exists():
        return None
    state: dict[str, Any] = torch.load(path, map_location=device, weights_only=True)
    # Recipes of older versions lack values that later got a default.
    defaults = {one.name: one.default for one in fields(recipe) if one.default is not MISSING}
    if defaults | state["recipe"] != asdict(recipe) or "network" not in state:
        raise InputError(
            f"checkpoint {path} was made with another recipe or by an older version: use the same "
            "options, or another --checkpoint file"
        )
    return state


def learned(checkpoint: Path, prefix: str) -> tuple[dict[str, Tensor], list[dict[str, float]]]:
    """Weights (float16) whose names have a prefix, without it; and the curve of losses.

    The curve has a row per report: step and losses, averaged since the last row.
    """
    state = torch.load(checkpoint, map_location="cpu", weights_only=True)
    weights = {
        name.removeprefix(prefix): tensor.to(torch.float16).contiguous()
        for name, tensor in state["network"].items()
        if name.startswith(prefix)
    }
    return weights, list(state["curve"])
