"""The parts of `manage.py study` that read and write files."""

from __future__ import annotations

import os
from argparse import ArgumentParser
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from studies.bundle import LICENCES, write_bundle
from studies.columns import PICTURES, STIMULI, VOTES, codebook_csv, codebook_markdown
from studies.export import to_csv, to_parquet, votes_frame
from studies.models import Study
from transfer.errors import InputError

_TABLES = (
    ("VOTES.csv, VOTES.parquet", VOTES),
    ("STIMULI.csv", STIMULI),
    ("PICTURES.csv", PICTURES),
)


def add_import(parser: ArgumentParser) -> None:
    """Options of `study import`."""
    parser.add_argument("file", type=Path, help="CSV, Parquet, or a bundle")
    parser.add_argument("--name", default="", help="of the new study; default: as in the file")
    parser.add_argument("--kind", default="", choices=["", *Study.Kind.values],
                        help="what was asked, where the file does not say it")  # fmt: skip


def add_export(parser: ArgumentParser) -> None:
    """Options of `study export`."""
    parser.add_argument("study", nargs="+", help="names or numbers")
    parser.add_argument("--out", type=Path, required=True, help="FILE.csv or FILE.parquet")


def add_bundle(parser: ArgumentParser) -> None:
    """Options of `study bundle`."""
    parser.add_argument("study", help="name or number")
    parser.add_argument("--out", type=Path, required=True, help="FILE.zip")
    parser.add_argument("--licence", required=True, choices=list(LICENCES),
                        help="what you publish it under")  # fmt: skip


def add_codebook(parser: ArgumentParser) -> None:
    """Options of `study codebook`."""
    parser.add_argument("--out", type=Path, required=True, help="FILE.md or FILE.csv")


def export(studies: list[Study], out: Path) -> str:
    """Write the votes, and say how many there are."""
    frame = votes_frame(studies)
    data = to_parquet(frame) if out.suffix == ".parquet" else to_csv(frame).encode()
    _write(out, lambda file: file.write(data))
    return f"{len(frame)} votes in {out}"


def bundle(study: Study, out: Path, licence: str) -> str:
    """Write the archive, and say what it lacks."""
    left_out: list[str] = []
    _write(out, lambda file: left_out.extend(write_bundle(study, file, licence)))
    lacks = f"; without a stated licence, so left out: {', '.join(left_out)}" if left_out else ""
    return f"{out} is written{lacks}"


def codebook(out: Path) -> str:
    """Write what every column means."""
    text = codebook_csv(_TABLES) if out.suffix == ".csv" else codebook_markdown(_TABLES)
    _write(out, lambda file: file.write(text.encode()))
    return f"{out} is written"


def _write(target: Path, write: Callable[[BinaryIO], object]) -> None:
    """Write a file that is there whole or not at all."""
    temporary = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        with temporary.open("wb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(target)
    except OSError as error:
        raise InputError(f"{target} cannot be written: {error.strerror}") from error
    finally:
        temporary.unlink(missing_ok=True)
