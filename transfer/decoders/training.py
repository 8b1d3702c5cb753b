"""The command that trains a decoder; `manage.py train_decoder` is the same.

It needs torch, but not Django:
`python -m transfer.decoders.training --level N --images DIR --out FILE`.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor

from common.console import say
from common.pictures import read_picture, to_tensor
from transfer.decoders.architecture import LEVELS, Decoder
from transfer.decoders.reconstruction import (
    PRESETS,
    DecoderRecipe,
    preset_of,
    reconstruction_psnr,
    train,
)
from transfer.encoders import DEFAULT_ENCODER, load_encoder
from transfer.encoders.layout import STYLE_LAYERS
from transfer.learning.command import (
    add_shared_arguments,
    checkpoint_from,
    device_from,
    pictures_from,
    recipe_from,
    run_from_shell,
    write_weights,
)
from transfer.learning.crops import picture_files
from transfer.learning.loop import TrainingReport, learned


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the training command."""
    parser.add_argument("--encoder", default=DEFAULT_ENCODER, help="the network to invert")
    parser.add_argument("--weights", type=Path, help="its weights, if not the default")
    parser.add_argument(
        "--level", type=int, required=True, choices=LEVELS, help="N: decode relu N_1"
    )
    parser.add_argument("--start", type=Path, help="a shallower decoder of the same encoder")
    parser.add_argument(
        "--preset", choices=PRESETS, help="a published training; further options override it"
    )
    parser.add_argument("--measure", type=Path, help="folder: measure the PSNR here")
    add_shared_arguments(parser, DecoderRecipe)


def run(options: argparse.Namespace) -> None:
    """Train, or resume from the checkpoint; write the weights; with --measure report the PSNR."""
    device = device_from(options)
    pictures = pictures_from(options, device)
    preset = (
        preset_of(options.preset, options.level, len(pictures.images)) if options.preset else {}
    )
    recipe = recipe_from(DecoderRecipe, options, preset)
    encoder = load_encoder(
        options.encoder,
        weights=options.weights,
        deepest=STYLE_LAYERS[recipe.level - 1],
        device=device.type,
    )
    checkpoint = checkpoint_from(options)
    train(
        recipe,
        pictures,
        encoder,
        checkpoint,
        start=load_file(options.start) if options.start else None,
        device=device,
        report=lambda progress: _say(recipe, progress),
    )
    weights, curve = learned(checkpoint, "convolutions.")
    write_weights(options.out, weights, recipe, curve, encoder=encoder.fingerprint)
    if options.measure:
        decoder = Decoder(weights, recipe.level, upsampling="bilinear").to(device)
        psnr = reconstruction_psnr(encoder, decoder, _tensors(options.measure, device))
        say(f"level {recipe.level}: {psnr:.2f} dB PSNR on {options.measure}")


def _say(recipe: DecoderRecipe, progress: TrainingReport) -> None:
    say(
        f"level {recipe.level}, step {progress.step} of {recipe.steps}: pixels "
        f"{progress.losses['pixel']:.4f}, features {progress.losses['feature']:.4f}; "
        f"{progress.seconds:.0f} s"
    )


def _tensors(folder: Path, device: torch.device) -> Iterator[Tensor]:
    """Pictures (1, 3, H, W) in [0, 1], of their own size."""
    for file in picture_files(folder):
        yield to_tensor(read_picture(file)).to(device)


def main() -> int:
    """Run from the shell."""
    return run_from_shell("python -m transfer.decoders.training", add_arguments, run)


if __name__ == "__main__":
    sys.exit(main())
