"""Random crops of photographs for training."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional

from common.errors import InputError
from common.formats import is_picture_name
from transfer.learning.recipe import Recipe


class Pictures:
    """Photographs in memory, and endless random crops of them.

    A crop is flipped at random but never rotated, because vertical and horizontal edges differ in
    photographs.
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
        if recipe.resized:
            return _cut(_square(image, recipe.resized), recipe.size, generator)
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


def _square(image: Tensor, side: int) -> Tensor:
    """A picture (3, H, W) of bytes as (1, 3, side, side) in [0, 1]."""
    return functional.interpolate(
        image[None].float() / 255, size=(side, side), mode="bilinear", antialias=True
    )


def _cut(picture: Tensor, size: int, generator: np.random.Generator) -> Tensor:
    """A random square of `size` of a picture (1, 3, H, W)."""
    top = int(generator.integers(picture.shape[2] - size + 1))
    left = int(generator.integers(picture.shape[3] - size + 1))
    return picture[:, :, top : top + size, left : left + size]


def _alter(batch: Tensor, share: float, generator: np.random.Generator) -> Tensor:
    """Alter some crops, so that the student is also trained on pictures like stylised ones.

    A stylised picture has other colours, more noise and more structure than a photograph; a
    student trained on photographs alone agrees less with its teachers on it.
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
        elif kind == 1:  # noise, from very little to as much as at the start of a descent
            scale = float(10 ** generator.uniform(-2, -0.3))
            seed = int(generator.integers(2**31))
            noise = torch.Generator(batch.device).manual_seed(seed)
            keep = generator.uniform(0, 1)
            grain = torch.randn(batch[i].shape, generator=noise, device=batch.device) * scale
            altered[i] = batch[i] * keep + batch[i].mean() * (1 - keep) + grain
        else:  # a second picture mixed in
            other = batch[generator.integers(len(batch))]
            share_of_other = generator.uniform(0.2, 0.8)
            altered[i] = batch[i] * (1 - share_of_other) + other * share_of_other
    return altered.clamp(0, 1)


def picture_files(folder: Path) -> list[Path]:
    """The picture files of a folder, sorted by name. Raises InputError if there is none."""
    files = sorted(file for file in folder.glob("[!.]*") if is_picture_name(file))
    if not files:
        raise InputError(f"{folder} holds no picture file: name a folder of photographs")
    return files
