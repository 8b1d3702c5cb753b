"""The command `ecspace`."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from common.atomic import make_folder, write_bytes, write_text
from common.console import say, write_json
from common.tables import read_csv, write_csv
from metrics.ecspace.tables import table_csv, table_latex, table_markdown
from metrics.plots.data import FORMATS, Plot
from metrics.plots.interactive import plotly_figure

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
    from metrics.ecspace.grid import ecspace  # pandas
    from metrics.plots.space import family_plots, plot_data

    space = ecspace(read_csv(options.scores, "scores"), options.bins)
    scatter = plot_data(space)
    answer = _answer(space)
    files = _drawn(
        (scatter, *family_plots(space))
    )  # all figures are drawn before any file is written
    make_folder(options.out)
    _write_tables(space, options.out)
    write_text(json.dumps(answer, indent=1, ensure_ascii=False), options.out / "ecspace.json")
    write_text(json.dumps(plotly_figure(scatter)), options.out / "figure.plotly.json")
    for name, content in files.items():
        write_bytes(content, options.out / name)
    if options.json:
        write_json(answer)
    else:
        say(f"wrote the grid of {answer['stimuli']} stimuli to {options.out}")


def _drawn(plots: tuple[Plot, ...]) -> dict[str, bytes]:
    from metrics.plots.static import render, static_figure  # matplotlib

    return {
        f"{plot.key}.{name}": render(static_figure(plot), name)
        for plot in plots
        for name in FORMATS
    }


def _write_tables(space: ECSpace, folder: Path) -> None:
    from metrics.ecspace.grid import table  # pandas

    rows = table(space)
    write_csv(space.frame, folder / "cells.csv")
    for suffix, as_text in (("csv", table_csv), ("md", table_markdown), ("tex", table_latex)):
        write_text(as_text(rows), folder / f"table.{suffix}")


def _answer(space: ECSpace) -> dict[str, Any]:
    from metrics.ecspace.grid import table  # pandas
    from metrics.ecspace.pareto import method_rows
    from metrics.ecspace.variance import variance_explained

    variance = {target: variance_explained(space.frame, f"{target}_score") for target in ("E", "C")}
    columns = ("method", "stimuli", "E", "C", "admissible")
    return {
        "bins": space.bins,
        "stimuli": len(space.frame),
        "unscored": space.unscored,
        "counts": space.counts.tolist(),
        "E_cuts": list(space.E_cuts),
        "C_cuts": space.C_cuts.tolist(),
        "table": table(space),
        "methods": [{key: row[key] for key in columns} for row in method_rows(space)],
        "variance": {target: found and found.to_json() for target, found in variance.items()},
    }
