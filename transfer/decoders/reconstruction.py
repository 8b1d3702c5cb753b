"""Training of a decoder: from the features of a picture it learns to reconstruct the picture.

Source: Chiu & Gurari 2020, supplement, equation 28: ‖ψ(φ(I)) − I‖² + ‖φ(ψ(φ(I))) − φ(I)‖², a
pixel and a feature loss, where φ is the encoder up to reluN_1 and ψ the decoder. Ours: both are
relative, Σ‖a − t‖² / Σ‖t‖², so that one weight between them fits every level and every encoder; and
some crops are altered, because stylised features differ from those of photographs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from common.errors import InputError
from transfer.decoders.architecture import Decoder, random_decoder
from transfer.encoders.architecture import Encoder
from transfer.encoders.layout import STYLE_LAYERS
from transfer.learning.crops import Pictures
from transfer.learning.loop import TrainingReport, learn
from transfer.learning.recipe import Recipe


@dataclass(frozen=True, kw_only=True)
class DecoderRecipe(Recipe):
    """The numbers that determine the result of a training. Defaults are ours, found by trial.

    `preset_of` returns those of Chiu & Gurari 2020.
    """

    level: int
    steps: int = 3000
    batch: int = 8
    size: int = 128
    rate: float = 2e-3
    warmup: int = 100
    seed: int = 2020
    smallest_crop: int = 96
    altered: float = 0.3
    feature_weight: float = 0.1  # of the feature loss, against the pixel loss
    losses: str = "relative"  # or sum: equation 28 as it is printed, per crop

    def __post_init__(self) -> None:
        """Raise InputError for values that cannot be used."""
        super().__post_init__()
        if self.losses not in LOSSES:
            raise InputError(f"unknown losses '{self.losses}': use {' or '.join(LOSSES)}")


LOSSES = ("relative", "sum")
PRESETS = ("chiu-gurari-2020",)


def preset_of(name: str, level: int, pictures: int) -> dict[str, Any]:
    """The numbers of a published training, for a decoder of `level` and the number of pictures.

    chiu-gurari-2020: the source trains on MS-COCO; each picture is resized to 512 × 512 and cropped
    to 256 × 256, batches of 8, 5 epochs for relu4_1 and relu3_1 and 3 for relu2_1 and relu1_1, Adam
    at 1e-4 without weight decay, bilinear upsampling. relu5_1, which it does not have, gets 5
    epochs. The pictures are held in memory, and gradients are clipped to a norm of 1 as in all
    trainings here.

    Source: Chiu & Gurari 2020, supplement §2.

    Raises:
        InputError: an unknown preset.

    """
    if name not in PRESETS:
        raise InputError(f"unknown preset '{name}': use {' or '.join(PRESETS)}")
    batch, epochs = 8, 5 if level >= 3 else 3
    return {
        "steps": max(1, -(-epochs * pictures // batch)),
        "batch": batch,
        "size": 256,
        "resized": 512,
        "rate": 1e-4,
        "warmup": 0,
        "schedule": "constant",
        "altered": 0.0,
        "feature_weight": 1.0,
        "losses": "sum",
    }


def reconstruction_losses(
    encoder: Encoder, decoder: Decoder, images: Tensor, *, losses: str = "relative"
) -> tuple[Tensor, Tensor]:
    """The pixel and the feature loss of equation 28 for `images` (N, 3, H, W).

    `relative`: Σ‖a − t‖² / Σ‖t‖²; `sum`: Σ‖a − t‖² / N.
    """
    layer = STYLE_LAYERS[decoder.level - 1]
    with torch.no_grad():
        features = encoder(images, [layer])[layer]
    decoded = decoder(features, (images.shape[2], images.shape[3]))
    again = encoder(decoded, [layer])[layer]
    if losses == "sum":
        return _sum(decoded, images), _sum(again, features)
    return _relative(decoded, images), _relative(again, features)


def _sum(a: Tensor, target: Tensor) -> Tensor:
    return (a - target).square().sum() / len(a)


def _relative(a: Tensor, target: Tensor) -> Tensor:
    return (a - target).square().sum() / target.square().sum()


def train(
    recipe: DecoderRecipe,
    pictures: Pictures,
    encoder: Encoder,
    checkpoint: Path,
    *,
    start: Mapping[str, Tensor] | None = None,
    device: torch.device,
    every: int = 100,
    report: Callable[[TrainingReport], None] = lambda progress: None,
) -> Decoder:
    """Train to the recipe's end as `learn` does; the losses are called pixel and feature.

    Args:
        recipe: the numbers of the training.
        pictures: the source of the crops.
        encoder: the network to invert, on `device`; it does not change.
        checkpoint: file of the state.
        start: weights to begin with, those of a shallower decoder.
        device: on which to train.
        every: steps between checkpoints and reports.
        report: called at every report.

    Raises:
        InputError: the checkpoint belongs to another recipe, or `start` does not fit.

    """
    weights = random_decoder(encoder.widths, recipe.level, seed=recipe.seed)
    for name, tensor in (start or {}).items():
        if name not in weights or weights[name].shape != tensor.shape:
            raise InputError(f"the start's {name} does not fit this decoder: start without it")
        weights[name] = tensor
    decoder = Decoder(weights, recipe.level, upsampling="bilinear").to(device)
    decoder.requires_grad_(True)

    def losses(images: Tensor) -> dict[str, Tensor]:
        pixel, feature = reconstruction_losses(encoder, decoder, images, losses=recipe.losses)
        return {"pixel": pixel, "feature": feature}

    learn(
        decoder,
        losses,
        recipe,
        pictures,
        checkpoint,
        weights={"feature": recipe.feature_weight},
        device=device,
        every=every,
        report=report,
    )
    return decoder.requires_grad_(False)


def reconstruction_psnr(encoder: Encoder, decoder: Decoder, images: Iterable[Tensor]) -> float:
    """Mean over pictures (1, 3, H, W) in [0, 1] of 10 log₁₀(1 / mean squared error), in dB.

    The output of the decoder is clipped to [0, 1] first, as in a picture file.
    """
    layer = STYLE_LAYERS[decoder.level - 1]
    values = []
    for image in images:
        with torch.no_grad():
            features = encoder(image, [layer])[layer]
            decoded = decoder(features, (image.shape[2], image.shape[3])).clamp(0, 1)
        values.append(-10 * torch.log10((decoded - image).square().mean()))
    if not values:
        raise InputError("no picture to measure: name a folder that holds .jpg or .png files")
    return float(torch.stack(values).mean())
