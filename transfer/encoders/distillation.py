"""Training of the compact encoder: a quarter-width VGG-19 that answers like its teachers.

The student sees random crops of photographs; at each of the five style layers a 1×1 linear map of
its features must equal the teacher's features there. The loss is the sum over layers of the
squared relative error Σ‖a − t‖² / Σ‖t‖². Knowledge distillation through linear maps follows
Wang et al. 2020 (Collaborative Distillation, eq. 3-4); everything else here is ours.

Works without Django: `python -m transfer.encoders.training --help`.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn
from torch.nn import functional

from transfer.encoders.architecture import (
    IMAGENET,
    QUARTER_WIDTHS,
    STYLE_LAYERS,
    Encoder,
    random_weights,
)
from transfer.errors import InputError


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


class Pictures:
    """Photographs in memory, and endless random crops of them.

    Pictures are stored landscape or portrait as they are; a crop is flipped at random, never
    turned, because upright edges differ from level ones in photographs.
    """

    def __init__(self, files: Sequence[Path], device: torch.device) -> None:
        """Read every file as RGB bytes (3, H, W)."""
        if not files:
            raise InputError("no picture to train on: name a folder that holds .jpg or .png files")
        self.images = [
            torch.from_numpy(np.asarray(Image.open(file).convert("RGB")).copy())
            .permute(2, 0, 1)
            .contiguous()
            .to(device)
            for file in files
        ]

    def crops(self, recipe: Recipe, generator: np.random.Generator) -> Tensor:
        """A batch (N, 3, size, size) in [0, 1]."""
        batch = torch.cat([self._crop(recipe, generator) for _ in range(recipe.batch)])
        return _alter(batch, recipe.altered, generator)

    def _crop(self, recipe: Recipe, generator: np.random.Generator) -> Tensor:
        image = self.images[generator.integers(len(self.images))]
        height, width = image.shape[-2:]
        largest = min(height, width)
        side = int(generator.integers(min(recipe.smallest_crop, largest), largest + 1))
        top = int(generator.integers(height - side + 1))
        left = int(generator.integers(width - side + 1))
        crop = image[None, :, top : top + side, left : left + side].float() / 255
        if generator.random() < 0.5:
            crop = crop.flip(-1)
        return functional.interpolate(
            crop, size=(recipe.size, recipe.size), mode="bilinear", antialias=True
        )


def _alter(batch: Tensor, share: float, generator: np.random.Generator) -> Tensor:
    """Change some crops so that the student also meets what stylisation makes of photographs.

    A stylised picture has other colours, more noise and more structure than a photograph; a
    student that has only seen photographs answers to it less like its teachers.
    """
    altered = batch.clone()
    for i in range(len(batch)):
        if generator.random() >= share:
            continue
        kind = generator.integers(3)
        if kind == 0:  # other colours: a random mixture of the channels, contrast and brightness
            mixture = np.eye(3) + generator.normal(0, 0.3, (3, 3))
            matrix = torch.tensor(mixture, dtype=batch.dtype, device=batch.device)
            gain, shift = generator.uniform(0.5, 1.6), generator.normal(0, 0.15)
            mean = batch[i].mean()
            colours = torch.einsum("oc,chw->ohw", matrix, batch[i] - mean)
            altered[i] = colours * gain + mean + shift
        elif kind == 1:  # noise, from a trace up to the start of an optimisation
            scale = float(10 ** generator.uniform(-2, -0.3))
            seed = int(generator.integers(2**31))
            noise = torch.Generator(batch.device).manual_seed(seed)
            keep = generator.uniform(0, 1)
            grain = torch.randn(batch[i].shape, generator=noise, device=batch.device) * scale
            altered[i] = batch[i] * keep + batch[i].mean() * (1 - keep) + grain
        else:  # a second picture on top
            other = batch[generator.integers(len(batch))]
            share_of_other = generator.uniform(0.2, 0.8)
            altered[i] = batch[i] * (1 - share_of_other) + other * share_of_other
    return altered.clamp(0, 1)


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


def _rate(step: int, recipe: Recipe) -> float:
    if step < recipe.warmup:
        return recipe.rate * (step + 1) / recipe.warmup
    progress = (step - recipe.warmup) / max(1, recipe.steps - recipe.warmup)
    return recipe.rate * 0.5 * (1 + math.cos(math.pi * min(1.0, progress)))


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
            group["lr"] = _rate(step, recipe)
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
    temporary = path.with_suffix(".tmp")
    state = {
        "recipe": asdict(recipe),
        "student": student.state_dict(),
        "optimiser": optimiser.state_dict(),
        "step": step,
        "curve": curve,
    }
    torch.save(state, temporary)
    temporary.replace(path)


def _resume(
    path: Path,
    recipe: Recipe,
    student: Student,
    optimiser: torch.optim.Optimizer,
    device: torch.device,
) -> tuple[int, list[dict[str, float]]]:
    if not path.exists():
        return 0, []
    state: dict[str, Any] = torch.load(path, map_location=device, weights_only=True)
    if state["recipe"] != asdict(recipe):
        raise InputError(
            f"checkpoint {path} was made with another recipe: use the same options, or another "
            "--checkpoint file"
        )
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
