"""The command that trains a decoder; `manage.py train_decoder` is the same.

Works without Django, on a machine that has no more than torch:
`python -m transfer.decoders.training --level N --images DIR --out FILE`.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import MISSING, asdict, fields
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from transfer.console import say
from transfer.decoders.architecture import LEVELS, Decoder
from transfer.decoders.reconstruction import (
    Progress,
    Recipe,
    reconstruction_psnr,
    train,
    trained_weights,
)
from transfer.encoders import DEFAULT_ENCODER, load_encoder
from transfer.encoders.layout import STYLE_LAYERS
from transfer.errors import InputError
from transfer.learning import Pictures, picture_files
from transfer.pictures import read_picture, to_tensor


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the training command."""
    parser.add_argument(
        "--images", type=Path, action="append", required=True, help="folder of training pictures"
    )
    parser.add_argument("--out", type=Path, required=True, help="safetensors file to write")
    parser.add_argument("--encoder", default=DEFAULT_ENCODER, help="the network to invert")
    parser.add_argument("--weights", type=Path, help="its weights, if elsewhere")
    parser.add_argument("--checkpoint", type=Path, help="default: the out file with .checkpoint")
    parser.add_argument("--start", type=Path, help="a shallower decoder of the same encoder")
    parser.add_argument("--measure", type=Path, help="folder: measure the PSNR here")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--threads", type=int, default=0, help="0: as torch chooses")
    parser.add_argument(
        "--level", type=int, required=True, choices=LEVELS, help="N: decode relu N_1"
    )
    for field in fields(Recipe):
        if field.default is not MISSING:
            parser.add_argument(
                f"--{field.name.replace('_', '-')}",
                type=type(field.default),
                default=field.default,
                help=f"{field.default}",
            )


def run(options: argparse.Namespace) -> None:
    """Train, or go on from the checkpoint; write the weights; measure the PSNR where asked."""
    if options.threads:
        torch.set_num_threads(options.threads)
    device = torch.device(options.device)
    recipe = Recipe(**{field.name: getattr(options, field.name) for field in fields(Recipe)})
    encoder = load_encoder(
        options.encoder,
        weights=options.weights,
        deepest=STYLE_LAYERS[recipe.level - 1],
        device=options.device,
    )
    checkpoint = options.checkpoint or options.out.with_suffix(".checkpoint")
    files = [file for folder in options.images for file in picture_files(folder)]
    train(
        recipe,
        Pictures(files, device),
        encoder,
        checkpoint,
        start=load_file(options.start) if options.start else None,
        device=device,
        report=lambda progress: _say(recipe, progress),
    )
    weights, curve = trained_weights(checkpoint)
    metadata = {
        "encoder": encoder.fingerprint,
        "recipe": json.dumps(asdict(recipe)),
        "curve": json.dumps(curve),
    }
    temporary = options.out.with_suffix(".tmp")
    save_file(weights, temporary, metadata=metadata)
    temporary.replace(options.out)
    if options.measure:
        decoder = Decoder(weights, recipe.level, upsampling="bilinear").to(device)
        psnr = reconstruction_psnr(encoder, decoder, _tensors(options.measure, device))
        say(f"level {recipe.level}: {psnr:.2f} dB PSNR on {options.measure}")


def _say(recipe: Recipe, progress: Progress) -> None:
    say(
        f"level {recipe.level}, step {progress.step} of {recipe.steps}: pixels "
        f"{progress.pixel:.4f}, features {progress.feature:.4f}; {progress.seconds:.0f} s"
    )


def _tensors(folder: Path, device: torch.device) -> Iterator[Tensor]:
    """Pictures (1, 3, H, W) in [0, 1], of their own size."""
    for file in picture_files(folder):
        yield to_tensor(read_picture(file)).to(device)


def main() -> int:
    """Run from the shell; bad input gives one line and exit code 2."""
    parser = argparse.ArgumentParser(prog="python -m transfer.decoders.training")
    add_arguments(parser)
    try:
        run(parser.parse_args())
    except InputError as error:
        say(f"{parser.prog}: {error}")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
