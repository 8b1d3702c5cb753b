"""The command `set-level`: metrics of all stimuli of a method together."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from common.atomic import write_text
from common.console import write_json
from common.errors import InputError
from common.tables import lacking, read_csv, rows_to_csv
from metrics.cli.learnt import read_several
from metrics.statistics.set_level import DISTANCE, set_level
from transfer.encoders.layout import STYLE_LAYERS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from common.console import Subparsers
    from metrics.statistics.set_level import SetLevel

LAYER = STYLE_LAYERS[-1]


def add_commands(subparsers: Subparsers) -> None:
    """Add `set-level`."""
    parser = subparsers.add_parser(
        "set-level", help="ArtFID's form of each method: all of its stimuli against all styles"
    )
    parser.add_argument("features", type=Path, nargs="+", metavar="FEATURES.safetensors")
    parser.add_argument(
        "--statistics",
        type=Path,
        required=True,
        metavar="STATISTICS.csv",
        help="with each stimulus' distance from its content",
    )
    parser.add_argument(
        "--distance",
        default=DISTANCE,
        metavar="COLUMN",
        help="the column of that distance (default: %(default)s)",
    )
    add_layer_option(parser)
    parser.add_argument("--out", type=Path, metavar="TABLE.csv", help="write the table here")
    parser.add_argument("--json", action="store_true", help="print the table as JSON")
    parser.set_defaults(answer=_set_level)


def add_layer_option(parser: argparse.ArgumentParser) -> None:
    """Add the option of the layer."""
    parser.add_argument(
        "--layer",
        default=LAYER,
        metavar="NAME",
        help="whose channel means are compared (default: %(default)s); more pictures than channels "
        "are needed",
    )


def _set_level(options: argparse.Namespace) -> None:
    features = read_several(options.features)
    table = read_csv(options.statistics, "statistics")
    for name in ("stimulus", options.distance):
        if name not in table.columns:
            raise InputError(lacking("statistics", [name], list(table.columns)))
    names = table["stimulus"].astype(str)
    distances = dict(zip(names, table[options.distance].astype(float), strict=True))
    methods = features.levels.get("method")
    if methods is None:
        if "method" not in table.columns:
            raise InputError("neither features nor statistics name methods: add a column method")
        of = dict(zip(names, table["method"].astype(str), strict=True))
        if lost := next((name for name in features.stimuli if name not in of), None):
            raise InputError(f"the statistics lack stimulus {lost!r}: add it")
        methods = tuple(of[name] for name in features.stimuli)
    found = set_level(features, methods, distances, options.layer)
    text = rows_to_csv(rows_of(found))
    if options.out:
        write_text(text, options.out)
    if options.json:
        write_json([one.to_json() for one in found])
    elif not options.out:
        print(text, end="")  # noqa: T201


def rows_of(found: Sequence[SetLevel]) -> list[list[object]]:
    """The rows of the table; the first holds the names. A missing number is an empty cell."""
    names = ["method", "stimuli", "content_distance", "style_frechet", "artfid", "reason"]
    rows = [[one.to_json()[name] for name in names] for one in found]
    return [list(names), *([["" if cell is None else cell for cell in row] for row in rows])]
