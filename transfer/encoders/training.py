"""The command that trains the compact encoder; `manage.py train_encoder` is the same.

It needs torch, but not Django:
`python -m transfer.encoders.training --images DIR --teachers DIR --out FILE`.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from common.checksums import sha256_of
from common.console import say
from common.errors import InputError
from common.pictures import read_picture, resize_to_width, to_tensor
from transfer.encoders import ENCODERS, STYLE_LAYERS, load_encoder
from transfer.encoders.architecture import IMAGENET, Encoder
from transfer.encoders.distillation import EncoderRecipe, Teacher, train
from transfer.encoders.linear_map_error import linear_map_errors
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

TEACHERS = {
    "vgg19-normalised": ("relu1_1", "relu2_1", "relu3_1"),
    "vgg19-16x": ("relu4_1", "relu5_1"),
}
"""The encoders that teach each layer: the deepest networks that are freely available."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the training command."""
    parser.add_argument("--teachers", type=Path, required=True, help="folder of teachers' weights")
    parser.add_argument(
        "--teacher",
        choices=["mixed", *ENCODERS],
        default="mixed",
        help="the encoder that teaches all layers; mixed: "
        + ", ".join(f"{name} {' '.join(layers)}" for name, layers in TEACHERS.items()),
    )
    parser.add_argument("--start", type=Path, help="weights to begin with, such as an older file")
    parser.add_argument("--every", type=int, default=500, help="steps between checkpoints")
    parser.add_argument("--fit", type=Path, help="folder: fit the 1×1 maps of the errors here")
    parser.add_argument("--measure", type=Path, help="folder: measure the errors here")
    add_shared_arguments(parser, EncoderRecipe)


def run(options: argparse.Namespace) -> None:
    """Train, or resume from the checkpoint; write the weights; with --measure report the errors."""
    device = device_from(options)
    recipe = recipe_from(EncoderRecipe, options)
    teachers = _teachers(options, device.type)
    checkpoint = checkpoint_from(options)
    train(
        recipe,
        pictures_from(options, device),
        teachers,
        checkpoint,
        start=_start(options.start),
        device=device,
        every=options.every,
        report=lambda progress: _say(recipe, progress),
    )
    weights, curve = learned(checkpoint, "encoder.convolutions.")
    errors = [{"step": row.pop("step"), **_relative_errors(row)} for row in curve]
    begun = {"start": sha256_of(options.start)} if options.start else {}
    write_weights(options.out, weights, recipe, errors, teacher=options.teacher, **begun)
    if options.fit and options.measure:
        encoder = Encoder(weights, name="compact", convention=IMAGENET, padding="reflect").to(
            device
        )
        found = linear_map_errors(
            encoder, teachers, _tensors(options.fit, device), _tensors(options.measure, device)
        )
        say("relative errors: " + ", ".join(f"{k} {v:.3f}" for k, v in found.items()))


def _teachers(options: argparse.Namespace, device: str) -> list[Teacher]:
    taught = TEACHERS if options.teacher == "mixed" else {options.teacher: STYLE_LAYERS}
    return [
        Teacher(load_encoder(name, weights=options.teachers, device=device), layers)
        for name, layers in taught.items()
    ]


def _start(path: Path | None) -> dict[str, Tensor] | None:
    """The weights that a training begins with."""
    if path is None:
        return None
    try:
        return {name: tensor.float() for name, tensor in load_file(path).items()}
    except (OSError, SafetensorError) as error:
        raise InputError(
            f"{path} cannot be read as weights ({error}): name a .safetensors file"
        ) from error


def _say(recipe: EncoderRecipe, progress: TrainingReport) -> None:
    errors = ", ".join(f"{k} {v:.3f}" for k, v in _relative_errors(progress.losses).items())
    say(f"step {progress.step} of {recipe.steps}: {errors}; {progress.seconds:.0f} s")


def _relative_errors(losses: Mapping[str, float]) -> dict[str, float]:
    # The gradients' error is 1 − a cosine, not a square.
    return {name: value if name == "gradient" else value**0.5 for name, value in losses.items()}


def _tensors(folder: Path, device: torch.device) -> Iterator[Tensor]:
    """Pictures (1, 3, H, 256) in [0, 1]: the width at which small studies are made."""
    for file in picture_files(folder):
        yield to_tensor(resize_to_width(read_picture(file), 256)).to(device)


def main() -> int:
    """Run from the shell."""
    return run_from_shell("python -m transfer.encoders.training", add_arguments, run)


if __name__ == "__main__":
    sys.exit(main())
