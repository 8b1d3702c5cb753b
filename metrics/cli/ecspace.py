"""The command `ecspace`."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from common.atomic import make_folder, write_bytes, write_text
from common.console import say, write_json
from common.tables import read_csv, write_csv

if TYPE_CHECKING:
    from common.console import Subparsers
    from metrics.ecspace.grid import ECSpace


def add_commands(subparsers: Subparsers) -> None:
    """Add `ecspace`."""
    parser = subparsers.add_parser(
        "ecspace", help="the 3×3 grid, the table of methods, variance explained, and figures"
    )
    parser.add_argument("scores", type=Path, metavar="SCORES.csv")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR")
    parser.add_argument(
        "--bins",
        choices=("independent", "nested"),
        default="independent",
        help="independent: thirds of E and of C (the paper's, default); nested: equal cells",
    )
    parser.add_argument("--json", action="store_true", help="print the grid and table as JSON")
    parser.set_defaults(answer=_ecspace, out_is_folder=True)


def _ecspace(options: argparse.Namespace) -> None:
    from metrics.ecspace.grid import ecspace, table
    from metrics.ecspace.tables import table_csv, table_latex, table_markdown
    from metrics.plots import FORMATS, family_plots, plot_data, plotly_figure, render, static_figure

    space, out = ecspace(read_csv(options.scores, "scores"), options.bins), options.out
    answer = _answer(space)
    rows, plots = table(space), (plot_data(space), *family_plots(space))
    drawn = {
        f"{plot.key}.{name}": render(static_figure(plot), name)
        for plot in plots
        for name in FORMATS
    }
    make_folder(out)
    write_csv(space.frame, out / "cells.csv")
    for ending, give in (("csv", table_csv), ("md", table_markdown), ("tex", table_latex)):
        write_text(give(rows), out / f"table.{ending}")
    write_text(json.dumps(answer, indent=1, ensure_ascii=False), out / "ecspace.json")
    write_text(json.dumps(plotly_figure(plots[0])), out / "figure.plotly.json")
    for name, content in drawn.items():
        write_bytes(content, out / name)
    if options.json:
        write_json(answer)
    else:
        say(f"wrote the grid of {answer['stimuli']} stimuli to {out}")


def _answer(space: ECSpace) -> dict[str, Any]:
    from metrics.ecspace.grid import table
    from metrics.ecspace.pareto import method_rows
    from metrics.ecspace.variance import variance_explained

    variance = {target: variance_explained(space.frame, f"{target}_score") for target in ("E", "C")}
    means = ("method", "stimuli", "E", "C", "admissible")
    return {
        "bins": space.bins,
        "stimuli": len(space.frame),
        "unscored": space.unscored,
        "counts": space.counts.tolist(),
        "E_cuts": list(space.E_cuts),
        "C_cuts": space.C_cuts.tolist(),
        "table": table(space),
        "methods": [{key: row[key] for key in means} for row in method_rows(space)],
        "variance": {target: found and found.to_json() for target, found in variance.items()},
    }
