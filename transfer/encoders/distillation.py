"""Training of the compact encoder: a quarter-width VGG-19 that answers like its teachers.

The student sees random crops of photographs; at each of the five style layers a 1×1 linear map of
its features must equal the teacher's features there. The loss is the sum over layers of the
squared relative error Σ‖a − t‖² / Σ‖t‖². Knowledge distillation through linear maps follows
Wang et al. 2020 (Collaborative Distillation, eq. 3-4); everything else here is ours.

Works without Django: `python -m transfer.encoders.training --help`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from transfer.encoders.architecture import (
    IMAGENET,
    QUARTER_WIDTHS,
    STYLE_LAYERS,
    Encoder,
    random_weights,
)
from transfer.learning import Pictures, cosine_rate, load_checkpoint, save_checkpoint


@dataclass(frozen=True)
class Recipe:
    """Every number that decides the result of a training. Defaults are ours, found by trial."""

    steps: int = 20_000
    batch: int = 16
    size: int = 256  # crops are resized to this square, in pixels
    rate: float = 2e-3  # Adam's peak learning rate; cosine to zero after a linear warm-up
    warmup: int = 500
    seed: int = 2020
    smallest_crop: int = 96  # pixels; enlarged crops teach the blur of enlarged pictures
    altered: float = 0.5  # share of crops with altered colours, noise or a second picture mixed in


@dataclass(frozen=True)
class Teacher:
    """A network and the layers at which it teaches."""

    encoder: Encoder
    layers: tuple[str, ...]


class Student(nn.Module):
    """The encoder in training, with its 1×1 linear map to the teacher at each layer."""

    def __init__(self, teacher_widths: dict[str, int], seed: int) -> None:
        """Start from a seeded random network; `teacher_widths` gives the channels to map to."""
        super().__init__()
        self.encoder = Encoder(
            random_weights(QUARTER_WIDTHS, seed=seed),
            name="compact",
            convention=IMAGENET,
            padding="reflect",
        )
        self.encoder.convolutions.requires_grad_(True)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.maps = nn.ModuleDict(
                {
                    layer: nn.Conv2d(self.encoder.widths[layer], width, 1)
                    for layer, width in teacher_widths.items()
                }
            )

    def forward(self, images: Tensor) -> dict[str, Tensor]:
        """The mapped features (N, C_teacher, H, W) of every layer."""
        features = self.encoder(images, STYLE_LAYERS)
        return {layer: self.maps[layer](features[layer]) for layer in self.maps}


def relative_errors(mapped: dict[str, Tensor], taught: dict[str, Tensor]) -> dict[str, Tensor]:
    """Σ‖a − t‖² / Σ‖t‖² per layer, one number for the whole batch."""
    return {
        layer: (mapped[layer] - target).square().sum() / target.square().sum()
        for layer, target in taught.items()
    }


def teach(teachers: Sequence[Teacher], images: Tensor) -> dict[str, Tensor]:
    """The teachers' features (N, C, H, W) of every layer that is taught."""
    with torch.no_grad():
        features = [teacher.encoder(images, teacher.layers) for teacher in teachers]
    return {layer: value for part in features for layer, value in part.items()}


@dataclass(frozen=True)
class Progress:
    """Where a training stands: step, its relative errors (square roots, per layer), seconds."""

    step: int
    errors: dict[str, float]
    seconds: float


def train(
    recipe: Recipe,
    pictures: Pictures,
    teachers: Sequence[Teacher],
    checkpoint: Path,
    *,
    device: torch.device,
    every: int = 500,
    report: Callable[[Progress], None] = lambda progress: None,
) -> Student:
    """Train to the recipe's end; continue from `checkpoint` if it is there.

    The crops of step i depend on the seed and i alone, so a resumed training sees the pictures it
    would have seen. The checkpoint is replaced in one move every `every` steps.

    Raises:
        InputError: the checkpoint belongs to another recipe.

    """
    widths = {layer: t.encoder.widths[layer] for t in teachers for layer in t.layers}
    student = Student(widths, recipe.seed).to(device)
    optimiser = torch.optim.Adam([p for p in student.parameters() if p.requires_grad])
    start, curve = _resume(checkpoint, recipe, student, optimiser, device)
    began = time.monotonic()
    sums: dict[str, Tensor] = {}
    for step in range(start, recipe.steps):
        for group in optimiser.param_groups:
            group["lr"] = cosine_rate(step, recipe)
        images = pictures.crops(recipe, np.random.default_rng((recipe.seed, step)))
        images = images.contiguous(memory_format=torch.channels_last)
        errors = relative_errors(student(images), teach(teachers, images))
        optimiser.zero_grad(set_to_none=True)
        torch.stack(list(errors.values())).sum().backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(student.parameters(), 1.0)
        optimiser.step()
        for layer, value in errors.items():
            sums[layer] = sums.get(layer, torch.zeros_like(value)) + value.detach()
        if (step + 1) % every == 0 or step + 1 == recipe.steps:
            count = (step % every) + 1
            means = {layer: float(value / count) ** 0.5 for layer, value in sums.items()}
            sums = {}
            curve.append({"step": step + 1, **means})
            _save(checkpoint, recipe, student, optimiser, step + 1, curve)
            report(Progress(step + 1, means, time.monotonic() - began))
    return student


def _save(
    path: Path,
    recipe: Recipe,
    student: Student,
    optimiser: torch.optim.Optimizer,
    step: int,
    curve: list[dict[str, float]],
) -> None:
    state = {
        "recipe": asdict(recipe),
        "student": student.state_dict(),
        "optimiser": optimiser.state_dict(),
        "step": step,
        "curve": curve,
    }
    save_checkpoint(path, state)


def _resume(
    path: Path,
    recipe: Recipe,
    student: Student,
    optimiser: torch.optim.Optimizer,
    device: torch.device,
) -> tuple[int, list[dict[str, float]]]:
    state = load_checkpoint(path, asdict(recipe), device)
    if state is None:
        return 0, []
    student.load_state_dict(state["student"])
    optimiser.load_state_dict(state["optimiser"])
    return int(state["step"]), list(state["curve"])


def trained_weights(checkpoint: Path) -> tuple[dict[str, Tensor], Recipe, list[dict[str, float]]]:
    """The encoder's weights (float16) of a checkpoint, its recipe, and its loss curve.

    The curve has a row per report: step and relative error per layer, averaged since the last row.
    """
    state = torch.load(checkpoint, map_location="cpu", weights_only=True)
    prefix = "encoder.convolutions."
    weights = {
        name.removeprefix(prefix): tensor.to(torch.float16).contiguous()
        for name, tensor in state["student"].items()
        if name.startswith(prefix)
    }
    return weights, Recipe(**state["recipe"]), list(state["curve"])
