"""Options for simulated participants."""

from __future__ import annotations

import math
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from common.errors import InputError
from common.progress import EVERY, Meter
from common.tables import NOTHING, clean, read_table
from studies.management.actions.action import Options, takes_study
from studies.simulation.simulate import Behaviour


def add_behaviour(parser: ArgumentParser) -> None:
    """Declare the study, the true utilities, and the behaviour of the participants."""
    takes_study(parser)
    parser.add_argument("--scores", type=Path, required=True, help="SCORES.csv")
    parser.add_argument("--column", required=True, help="its column of true utilities")
    parser.add_argument("--participants", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--side-bias", type=float, default=0.0)
    for share in ("inattention", "fatigue", "dropout"):
        parser.add_argument(f"--{share}", type=float, default=0.0, metavar="SHARE")


def behaviour_of(options: Options) -> Behaviour:
    """The behaviour that the options give.

    Raises:
        InputError: a share is not in 0 … 1.

    """
    names = Behaviour.model_fields.keys() & options.keys()
    return Behaviour.of({name: options[name] for name in names})


def utilities_of(options: Options) -> dict[str, float]:
    """Stimulus → true utility; NaN if the cell is empty.

    Raises:
        InputError: the table cannot be read, or lacks the column.

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
def progress_bar(options: Options) -> Iterator[Callable[..., None]]:
    """Show how many participants are done; yields a function to call after each."""
    done = 0
    with Meter(options["participants"], unit="participant", every=EVERY) as meter:

        def advance(*_: object) -> None:
            nonlocal done
            done += 1
            meter.update(done)

        yield advance
