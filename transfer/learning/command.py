"""Options and output file of the commands that train networks."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, asdict, fields
from pathlib import Path
from typing import Any, TypeVar

import torch
from safetensors.torch import save
from torch import Tensor

from common.atomic import write_bytes
from common.console import say
from common.device import add_device_option, choose_device
from common.errors import InputError
from common.outputs import check_out
from transfer.learning.crops import Pictures, picture_files
from transfer.learning.recipe import Recipe

R = TypeVar("R", bound=Recipe)


def add_shared_arguments(parser: argparse.ArgumentParser, recipe: type[Recipe]) -> None:
    """Options of every training, among them each number of the recipe that has a default."""
    parser.add_argument(
        "--images", type=Path, action="append", required=True, help="folder of training pictures"
    )
    parser.add_argument("--out", type=Path, required=True, help="safetensors file to write")
    parser.add_argument("--checkpoint", type=Path, help="default: the out file with .checkpoint")
    add_device_option(parser)
    parser.add_argument("--threads", type=int, default=0, help="0: as torch chooses")
    for field in fields(recipe):
        if field.default is not MISSING:
            parser.add_argument(
                f"--{field.name.replace('_', '-')}",
                type=type(field.default),
                help=f"{field.default}",
            )


def recipe_from(
    kind: type[R], options: argparse.Namespace, preset: Mapping[str, Any] | None = None
) -> R:
    """The recipe from the options; other values are those of the preset, or the defaults."""
    named = {
        field.name: value
        for field in fields(kind)
        if (value := getattr(options, field.name)) is not None
    }
    return kind(**{**(preset or {}), **named})


def device_from(options: argparse.Namespace) -> torch.device:
    """The device for the training; also sets the number of threads."""
    if options.threads:
        torch.set_num_threads(options.threads)
    return torch.device(choose_device(options.device))


def checkpoint_from(options: argparse.Namespace) -> Path:
    """The checkpoint file from which a stopped training is resumed."""
    checkpoint: Path | None = options.checkpoint
    return checkpoint or options.out.with_suffix(".checkpoint")


def pictures_from(options: argparse.Namespace, device: torch.device) -> Pictures:
    """The photographs of all folders."""
    return Pictures([file for folder in options.images for file in picture_files(folder)], device)


def write_weights(
    path: Path,
    weights: Mapping[str, Tensor],
    recipe: Recipe,
    curve: Sequence[Mapping[str, float]],
    **metadata: str,
) -> None:
    """Write weights with the history of their training, whole or not at all."""
    history = {"recipe": json.dumps(asdict(recipe)), "curve": json.dumps(curve)}
    write_bytes(save(dict(weights), metadata | history), path)


def run_from_shell(
    program: str,
    add_arguments: Callable[[argparse.ArgumentParser], None],
    run: Callable[[argparse.Namespace], None],
) -> int:
    """Run `program`; bad input gives one line and exit code 2."""
    parser = argparse.ArgumentParser(prog=program)
    add_arguments(parser)
    try:
        options = parser.parse_args()
        check_out(vars(options))
        run(options)
    except InputError as error:
        say(f"{program}: {error}")
        return 2
    return 0
