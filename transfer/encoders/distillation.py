"""Training of the compact encoder: a quarter-width VGG-19 that answers like its teachers.

The student sees random crops of photographs; at each of the five style layers a 1×1 linear map of
its features must equal the teacher's features there. The loss is the sum over layers of the
squared relative error Σ‖a − t‖² / Σ‖t‖². Knowledge distillation through linear maps follows
Wang et al. 2020 (Collaborative Distillation, eq. 3-4); everything else here is ours.

Works without Django: `python -m transfer.encoders.training --help`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from transfer.encoders.architecture import (
    IMAGENET,
    QUARTER_WIDTHS,
    STYLE_LAYERS,
    Encoder,
    random_weights,
)
from transfer.learning.crops import Pictures
from transfer.learning.loop import TrainingReport, learn
from transfer.learning.recipe import Recipe


@dataclass(frozen=True, kw_only=True)
class EncoderRecipe(Recipe):
    """Every number that decides the result of a training. Defaults are ours, found by trial."""

    steps: int = 20_000
    batch: int = 16
    size: int = 256
    rate: float = 2e-3
    warmup: int = 500
    seed: int = 2020
    smallest_crop: int = 96  # enlarged crops teach the blur of enlarged pictures
    altered: float = 0.5


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


def train(
    recipe: EncoderRecipe,
    pictures: Pictures,
    teachers: Sequence[Teacher],
    checkpoint: Path,
    *,
    device: torch.device,
    every: int = 500,
    report: Callable[[TrainingReport], None] = lambda progress: None,
) -> Student:
    """Train to the recipe's end as `learn` does; the losses are the squared relative errors.

    Raises:
        InputError: the checkpoint belongs to another recipe.

    """
    widths = {layer: t.encoder.widths[layer] for t in teachers for layer in t.layers}
    student = Student(widths, recipe.seed).to(device)

    def losses(images: Tensor) -> dict[str, Tensor]:
        return relative_errors(student(images), teach(teachers, images))

    learn(student, losses, recipe, pictures, checkpoint, device=device, every=every, report=report)
    return student
