"""Arguments of the commands that make pictures."""

from __future__ import annotations

import argparse
from pathlib import Path

from common.errors import InputError

SIZES = (32, 8192)


def check_out(path: Path) -> None:
    """Raise InputError unless `path` can be written as a PNG file."""
    if path.suffix.lower() != ".png":
        raise InputError(f"--out {path}: pictures are written as PNG: use a name that ends in .png")
    if not path.parent.is_dir():
        raise InputError(f"--out {path}: the folder does not exist, make it first")
    if path.is_dir():
        raise InputError(f"--out {path} is a folder: name a file")


def width(text: str) -> int:
    """A width in pixels, for argparse."""
    if not text.isdecimal() or not SIZES[0] <= int(text) <= SIZES[1]:
        raise argparse.ArgumentTypeError(
            f"'{text}' is not a width: give whole pixels from {SIZES[0]} to {SIZES[1]}"
        )
    return int(text)


def seed(text: str) -> int:
    """A seed, for argparse."""
    if not text.isdecimal() or int(text) >= 2**63:
        raise argparse.ArgumentTypeError(f"'{text}' is not a seed: give a whole number from 0")
    return int(text)
