"""The options that say what simulated participants are like."""

from __future__ import annotations

import math
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path

from common.errors import InputError
from common.progress import EVERY, Meter
from common.tables import NOTHING, clean, read_table
from studies.management.actions.action import Options, takes_study
from studies.simulation.simulate import Behaviour


def add_behaviour(parser: ArgumentParser) -> None:
    """Declare a study, its true utilities, and who takes part."""
    takes_study(parser)
    parser.add_argument("--scores", type=Path, required=True, help="SCORES.csv")
    parser.add_argument("--column", required=True, help="its column of true utilities")
    parser.add_argument("--participants", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--side-bias", type=float, default=0.0)
    for share in ("inattention", "fatigue", "dropout"):
        parser.add_argument(f"--{share}", type=float, default=0.0, metavar="SHARE")


def behaviour_of(options: Options) -> Behaviour:
    """What the options say of them."""
    return Behaviour(**{f.name: options[f.name] for f in fields(Behaviour) if f.name in options})


def utilities_of(options: Options) -> dict[str, float]:
    """The true utilities by stimulus; NaN where the table has none.

    Raises:
        InputError: the table cannot be read, or has not got the column.

    """
    table, column = read_table(options["scores"], "scores"), options["column"]
    table.require(["stimulus", column])
    utilities = {}
    for row, line in zip(table.records(), table.lines, strict=True):
        text = clean(row[column])
        try:
            value = math.nan if text in NOTHING else float(text)
        except ValueError:
            value = math.inf
        if math.isinf(value):
            raise InputError(
                f"{table.source}, line {line}: {column} is {text!r}: a finite number is needed"
            )
        utilities[clean(row["stimulus"])] = value
    return utilities


@contextmanager
def progress(options: Options) -> Iterator[Callable[..., None]]:
    """Show how many participants are done; gives the function to call after each."""
    done = 0
    with Meter(options["participants"], unit="participant", every=EVERY) as meter:

        def one_more(*_: object) -> None:
            nonlocal done
            done += 1
            meter.update(done)

        yield one_more
