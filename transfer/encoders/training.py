"""The command that trains the compact encoder; `manage.py train_encoder` is the same.

Works without Django, on a machine that has no more than torch:
`python -m transfer.encoders.training --images DIR --teachers DIR --out FILE`.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor

from transfer.console import say
from transfer.encoders import load_encoder
from transfer.encoders.agreement import agreement
from transfer.encoders.architecture import IMAGENET, Encoder
from transfer.encoders.distillation import (
    Progress,
    Recipe,
    Teacher,
    train,
    trained_weights,
)
from transfer.errors import InputError
from transfer.learning import Pictures, picture_files
from transfer.pictures import read_picture, resize_to_width, to_tensor

TEACHERS = {
    "vgg19-normalised": ("relu1_1", "relu2_1", "relu3_1"),
    "vgg19-16x": ("relu4_1", "relu5_1"),
}
"""Which encoder teaches which layers: the deepest networks that are free to use and at hand."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the training command."""
    recipe = Recipe()
    parser.add_argument(
        "--images", type=Path, action="append", required=True, help="folder of training pictures"
    )
    parser.add_argument("--teachers", type=Path, required=True, help="folder of teachers' weights")
    parser.add_argument("--out", type=Path, required=True, help="safetensors file to write")
    parser.add_argument("--checkpoint", type=Path, help="default: the out file with .checkpoint")
    parser.add_argument("--fit", type=Path, help="folder: fit the 1×1 maps of the errors here")
    parser.add_argument("--measure", type=Path, help="folder: measure the errors here")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--threads", type=int, default=0, help="0: as torch chooses")
    for name, default in asdict(recipe).items():
        parser.add_argument(
            f"--{name.replace('_', '-')}", type=type(default), default=default, help=f"{default}"
        )


def run(options: argparse.Namespace) -> None:
    """Train, or go on from the checkpoint; write the weights; measure the errors where asked."""
    if options.threads:
        torch.set_num_threads(options.threads)
    device = torch.device(options.device)
    recipe = Recipe(**{name: getattr(options, name) for name in asdict(Recipe())})
    teachers = [
        Teacher(load_encoder(name, weights=options.teachers, device=options.device), layers)
        for name, layers in TEACHERS.items()
    ]
    checkpoint = options.checkpoint or options.out.with_suffix(".checkpoint")
    pictures = Pictures(
        [file for folder in options.images for file in picture_files(folder)], device
    )
    train(recipe, pictures, teachers, checkpoint, device=device, report=_report(recipe))
    weights, _, curve = trained_weights(checkpoint)
    metadata = {"recipe": json.dumps(asdict(recipe)), "curve": json.dumps(curve)}
    temporary = options.out.with_suffix(".tmp")
    save_file(weights, temporary, metadata=metadata)
    temporary.replace(options.out)
    if options.fit and options.measure:
        encoder = Encoder(weights, name="compact", convention=IMAGENET, padding="reflect").to(
            device
        )
        errors = agreement(
            encoder, teachers, _tensors(options.fit, device), _tensors(options.measure, device)
        )
        say("relative errors: " + ", ".join(f"{k} {v:.3f}" for k, v in errors.items()))


def _report(recipe: Recipe) -> Callable[[Progress], None]:
    def report(progress: Progress) -> None:
        errors = ", ".join(f"{layer} {value:.3f}" for layer, value in progress.errors.items())
        say(f"step {progress.step} of {recipe.steps}: {errors}; {progress.seconds:.0f} s")

    return report


def _tensors(folder: Path, device: torch.device) -> Iterator[Tensor]:
    """Pictures (1, 3, H, 256) in [0, 1]: the width at which small studies are made."""
    for file in picture_files(folder):
        yield to_tensor(resize_to_width(read_picture(file), 256)).to(device)


def main() -> int:
    """Run from the shell; bad input gives one line and exit code 2."""
    parser = argparse.ArgumentParser(prog="python -m transfer.encoders.training")
    add_arguments(parser)
    try:
        run(parser.parse_args())
    except InputError as error:
        say(f"{parser.prog}: {error}")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
