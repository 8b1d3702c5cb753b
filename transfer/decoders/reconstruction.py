"""Training of a decoder: what it makes of a picture's features must be that picture.

Source: seed 002, equation 28: ‖ψ(φ(I)) − I‖² + ‖φ(ψ(φ(I))) − φ(I)‖², a pixel and a feature loss,
where φ is the encoder up to reluN_1 and ψ the decoder. Both are relative here, Σ‖a − t‖² / Σ‖t‖²,
so that one weight between them serves every level and every encoder. That, and learning on altered
crops, is ours: stylised features are further from photographs than photographs are.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from transfer.decoders.architecture import Decoder, random_decoder
from transfer.encoders.architecture import Encoder
from transfer.encoders.layout import STYLE_LAYERS
from transfer.errors import InputError
from transfer.learning import Pictures, cosine_rate, load_checkpoint, save_checkpoint


@dataclass(frozen=True)
class Recipe:
    """Every number that decides the result of a training. Defaults are ours, found by trial.

    Seed 002 §2 trains with Adam at 1e-4, batches of 8 crops of 256 px, up to 5 epochs of MS-COCO.
    """

    level: int
    steps: int = 3000
    batch: int = 8
    size: int = 128  # crops are resized to this square, in pixels
    rate: float = 2e-3  # Adam's peak learning rate; cosine to zero after a linear warm-up
    warmup: int = 100
    seed: int = 2020
    smallest_crop: int = 96  # pixels
    altered: float = 0.3  # share of crops with altered colours, noise or a second picture mixed in
    feature_weight: float = 0.1  # of the feature loss, against the pixel loss


@dataclass(frozen=True)
class Progress:
    """Where a training stands: step, the two losses averaged since the last report, seconds."""

    step: int
    pixel: float
    feature: float
    seconds: float


def reconstruction_losses(
    encoder: Encoder, decoder: Decoder, images: Tensor
) -> tuple[Tensor, Tensor]:
    """The pixel and the feature loss of equation 28 for `images` (N, 3, H, W), both relative."""
    layer = STYLE_LAYERS[decoder.level - 1]
    with torch.no_grad():
        features = encoder(images, [layer])[layer]
    decoded = decoder(features, (images.shape[2], images.shape[3]))
    again = encoder(decoded, [layer])[layer]
    return _relative(decoded, images), _relative(again, features)


def _relative(a: Tensor, target: Tensor) -> Tensor:
    return (a - target).square().sum() / target.square().sum()


def train(
    recipe: Recipe,
    pictures: Pictures,
    encoder: Encoder,
    checkpoint: Path,
    *,
    start: Mapping[str, Tensor] | None = None,
    device: torch.device,
    every: int = 100,
    report: Callable[[Progress], None] = lambda progress: None,
) -> Decoder:
    """Train to the recipe's end; continue from `checkpoint` if it is there.

    The crops of step i depend on the seed and i alone, so a resumed training sees the pictures it
    would have seen. The checkpoint is replaced in one move every `every` steps.

    Args:
        recipe: what to do.
        pictures: where the crops come from.
        encoder: the network that is to be inverted, on `device`; it does not change.
        checkpoint: file of the state.
        start: weights to begin with, those of a shallower decoder.
        device: where to train.
        every: steps between checkpoints and reports.
        report: told how it goes.

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
    optimiser = torch.optim.Adam(decoder.parameters())
    first, curve = 0, []
    state = load_checkpoint(checkpoint, asdict(recipe), device)
    if state is not None:
        decoder.load_state_dict(state["decoder"])
        optimiser.load_state_dict(state["optimiser"])
        first, curve = int(state["step"]), list(state["curve"])
    began = time.monotonic()
    sums = torch.zeros(2, device=device)
    for step in range(first, recipe.steps):
        for group in optimiser.param_groups:
            group["lr"] = cosine_rate(step, recipe)
        images = pictures.crops(recipe, np.random.default_rng((recipe.seed, step)))
        images = images.contiguous(memory_format=torch.channels_last)
        pixel, feature = reconstruction_losses(encoder, decoder, images)
        optimiser.zero_grad(set_to_none=True)
        (pixel + recipe.feature_weight * feature).backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(decoder.parameters(), 1.0)
        optimiser.step()
        sums += torch.stack([pixel, feature]).detach()
        if (step + 1) % every == 0 or step + 1 == recipe.steps:
            means = (sums / (step % every + 1)).tolist()
            sums.zero_()
            curve.append({"step": step + 1, "pixel": means[0], "feature": means[1]})
            state = {
                "recipe": asdict(recipe),
                "decoder": decoder.state_dict(),
                "optimiser": optimiser.state_dict(),
                "step": step + 1,
                "curve": curve,
            }
            save_checkpoint(checkpoint, state)
            report(Progress(step + 1, means[0], means[1], time.monotonic() - began))
    return decoder.requires_grad_(False)


def trained_weights(checkpoint: Path) -> tuple[dict[str, Tensor], list[dict[str, float]]]:
    """The decoder's weights (float16) of a checkpoint, and its loss curve, a row per report."""
    state = torch.load(checkpoint, map_location="cpu", weights_only=True)
    weights = {
        name.removeprefix("convolutions."): tensor.to(torch.float16).contiguous()
        for name, tensor in state["decoder"].items()
    }
    return weights, list(state["curve"])


def reconstruction_psnr(encoder: Encoder, decoder: Decoder, images: Iterable[Tensor]) -> float:
    """Mean over pictures (1, 3, H, W) in [0, 1] of 10 log₁₀(1 / mean squared error), in dB.

    What the decoder gives is cut to [0, 1] first, as a picture file would.
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
