"""What the trainings of encoder and decoders share: random crops, learning rate, checkpoints.

Works without Django, on a machine that has no more than torch.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional

from transfer.errors import InputError


class Crops(Protocol):
    """The part of a training's recipe that says what its crops are."""

    @property
    def batch(self) -> int:
        """Crops of one step."""

    @property
    def size(self) -> int:
        """Crops are resized to this square, in pixels."""

    @property
    def smallest_crop(self) -> int:
        """The side of the smallest square that is cut out, in pixels."""

    @property
    def altered(self) -> float:
        """The share of crops with altered colours, noise or a second picture mixed in."""


class Rate(Protocol):
    """The part of a training's recipe that decides the learning rate."""

    @property
    def steps(self) -> int:
        """Length of the training."""

    @property
    def warmup(self) -> int:
        """Steps until the peak."""

    @property
    def rate(self) -> float:
        """The peak."""


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

    def crops(self, recipe: Crops, generator: np.random.Generator) -> Tensor:
        """A batch (N, 3, size, size) in [0, 1]."""
        batch = torch.cat([self._crop(recipe, generator) for _ in range(recipe.batch)])
        return _alter(batch, recipe.altered, generator)

    def _crop(self, recipe: Crops, generator: np.random.Generator) -> Tensor:
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


def picture_files(folder: Path) -> list[Path]:
    """The .jpg and .png files of a folder, by name; InputError where there is none."""
    files = sorted([*folder.glob("*.jpg"), *folder.glob("*.png")])
    if not files:
        raise InputError(f"{folder} holds no .jpg or .png file: name a folder of photographs")
    return files


def cosine_rate(step: int, recipe: Rate) -> float:
    """The learning rate of a step: a linear warm-up to the peak, then a cosine to zero."""
    if step < recipe.warmup:
        return recipe.rate * (step + 1) / recipe.warmup
    progress = (step - recipe.warmup) / max(1, recipe.steps - recipe.warmup)
    return recipe.rate * 0.5 * (1 + math.cos(math.pi * min(1.0, progress)))


def save_checkpoint(path: Path, state: Mapping[str, Any]) -> None:
    """Replace the checkpoint in one move, so that an interruption leaves the old or the new."""
    temporary = path.with_suffix(".tmp")
    torch.save(dict(state), temporary)
    temporary.replace(path)


def load_checkpoint(
    path: Path, recipe: Mapping[str, Any], device: torch.device
) -> dict[str, Any] | None:
    """The state that was saved, or None where there is none.

    Raises:
        InputError: the checkpoint belongs to another recipe.

    """
    if not path.exists():
        return None
    state: dict[str, Any] = torch.load(path, map_location=device, weights_only=True)
    if state["recipe"] != dict(recipe):
        raise InputError(
            f"checkpoint {path} was made with another recipe: use the same options, or another "
            "--checkpoint file"
        )
    return state
