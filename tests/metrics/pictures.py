"""Small pictures and encoders that the tests of metrics share."""

from __future__ import annotations

import numpy as np
import torch
from PIL import Image

from transfer.encoders.architecture import Encoder, random_weights

WIDTHS = (8, 8, 16, 16, 32, 32, 32, 32, 64, 64, 64, 64, 64)


def textured(seed: int, width: int = 72, height: int = 64) -> Image.Image:
    """Smoothed colour noise with a colour cast of its own."""
    random = np.random.default_rng(seed)
    coarse = random.uniform(0, 255, (height // 4, width // 4, 3)) * random.uniform(0.3, 1, 3)
    smooth = Image.fromarray(coarse.astype(np.uint8)).resize((width, height), Image.BILINEAR)
    noisy = np.asarray(smooth, float) + random.normal(0, 6, (height, width, 3))
    return Image.fromarray(noisy.clip(0, 255).astype(np.uint8))


def small_encoder(seed: int = 0, deepest: str = "relu5_1", name: str = "random") -> Encoder:
    """A narrow random network; its fingerprint contains the seed."""
    torch.manual_seed(0)
    weights = random_weights(WIDTHS, deepest, seed=seed)
    return Encoder(weights, name=name, fingerprint=f"{name}:{seed}", padding="reflect")
