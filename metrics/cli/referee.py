"""The command `referee`."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from common.atomic import make_folder, write_bytes, write_text
from common.console import say, write_json
from common.errors import InputError
from common.tables import read_csv, rows_to_csv
from common.votes import read_votes
from metrics.plots.data import FORMATS
from metrics.statistics import directions

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from common.console import Subparsers
    from metrics.calibration.referee.judgement import Judgement


def add_commands(subparsers: Subparsers) -> None:
    """Add `referee`."""
    parser = subparsers.add_parser(
        "referee", help="which statistic do people agree with? judged by their votes"
    )
    parser.add_argument("votes", type=Path, metavar="VOTES.csv")
    parser.add_argument(
        "statistics",
        type=Path,
        nargs="?",
        metavar="STATISTICS.csv",
        help="any column of numbers takes part (without this file: methods only, from the votes)",
    )
    add_referee_options(parser)
    parser.add_argument("--out", type=Path, metavar="DIR", help="write tables and figures here")
    parser.add_argument("--json", action="store_true", help="print the answer as JSON")
    parser.set_defaults(answer=_referee, out_is_folder=True)


def add_referee_options(parser: argparse.ArgumentParser, *, target: bool = True) -> None:
    """Add the options of the judgement; `referee_options` reads them."""
    if target:
        parser.add_argument(
            "--target",
            choices=("E", "C", "O"),
            help="only votes on this question: E style carried, C content kept, O overall",
        )
    parser.add_argument(
        "--statistics",
        nargs="+",
        dest="names",
        metavar="COLUMN",
        help="only these; E1+E3 is one model of two (default: every column of numbers)",
    )
    parser.add_argument(
        "--lower", nargs="+", default=[], metavar="COLUMN", help="lower is better in these"
    )
    parser.add_argument(
        "--higher", nargs="+", default=[], metavar="COLUMN", help="higher is better in these"
    )
    parser.add_argument("--include-simulated", action="store_true", help="use simulated votes too")
    parser.add_argument(
        "--any-instrument", action="store_true", help="allow statistics of different instruments"
    )
    parser.add_argument(
        "--bootstrap",
        type=int,
        default=1000,
        metavar="N",
        help="draws of participants for intervals (default 1000; 0: none)",
    )
    parser.add_argument(
        "--seed", type=int, default=0, metavar="N", help="of folds and draws (default 0)"
    )


def directions_with(lower: Sequence[str], higher: Sequence[str]) -> dict[str, bool]:
    """Column → whether higher is better: as registered, then as named.

    Raises:
        InputError: a column is named in both.

    """
    if both := set(lower) & set(higher):
        raise InputError(f"{min(both)} is named by --lower and by --higher: choose one")
    return directions() | dict.fromkeys(lower, False) | dict.fromkeys(higher, True)


def referee_options(options: Mapping[str, Any]) -> dict[str, Any]:
    """Turn parsed options into the arguments of `referee`. Raises InputError as above."""
    return {
        "names": options["names"],
        "directions": directions_with(options["lower"], options["higher"]),
        "include_simulated": options["include_simulated"],
        "any_instrument": options["any_instrument"],
        "draws": options["bootstrap"],
        "seed": options["seed"],
    }


def _referee(options: argparse.Namespace) -> None:
    from metrics.calibration.referee.referee import referee  # pandas, scipy

    statistics = read_csv(options.statistics, "statistics") if options.statistics else None
    if statistics is None and (options.names or options.lower or options.higher):
        raise InputError("no STATISTICS.csv is named, so there is no statistic to judge: name it")
    if statistics is not None:
        for column in (*options.lower, *options.higher):
            if column not in statistics.columns:
                raise InputError(f"the statistics have no column {column!r}: check the name")
    judgement = referee(
        read_votes(options.votes).frame(),
        statistics,
        target=options.target or "",
        **referee_options(vars(options)),
    )
    if options.out:
        write_judgement(judgement, options.out)
    if options.json:
        write_json(judgement.to_json())
    else:
        for line in summary(judgement):
            say(line)


def write_judgement(judgement: Judgement, folder: Path) -> None:
    """Write referee.json, referee.csv and the figures; all are made before any is written."""
    text = json.dumps(judgement.to_json(), indent=1, ensure_ascii=False, allow_nan=False)
    files = figure_files(judgement)
    make_folder(folder)
    write_text(text, folder / "referee.json")
    write_text(rows_to_csv(table(judgement)), folder / "referee.csv")
    for name, content in files.items():
        write_bytes(content, folder / name)


def figure_files(judgement: Judgement) -> dict[str, bytes]:
    """Name → file of each figure in each format."""
    from metrics.plots.referee import accuracy_figure, correlation_figure  # matplotlib
    from metrics.plots.static import render

    figures = {"accuracy": accuracy_figure(judgement), "correlation": correlation_figure(judgement)}
    return {
        f"{key}.{form}": render(figure, form)
        for key, figure in figures.items()
        if figure is not None
        for form in FORMATS
    }


COLUMNS = (
    "statistic", "rank", "rank_low", "rank_high", "group", "direction", "votes", "accuracy",
    "accuracy_low", "accuracy_high", "accuracy_stimuli_low", "accuracy_stimuli_high", "useful",
    "log_loss", "log_loss_methods", "log_loss_contents", "log_loss_styles", "spearman", "kendall",
    "adds", "adds_low", "adds_high", "reasons",
)  # fmt: skip


def table(judgement: Judgement) -> list[list[object]]:
    """The rows of referee.csv; the first holds the names. A missing number is an empty cell."""
    rows: list[list[object]] = [list(COLUMNS)]
    for found in judgement.findings:
        held = found.held_out
        adds = found.adds
        rows.append(
            [
                found.candidate.name,
                found.rank,
                *(found.rank_interval or (None, None)),
                found.group,
                found.candidate.direction,
                found.votes,
                found.accuracy,
                *(found.accuracy_interval or (None, None)),
                *(found.accuracy_interval_stimuli or (None, None)),
                found.useful,
                found.log_loss,
                *(
                    held_out.log_loss if (held_out := held.get(name)) else None
                    for name in ("methods", "contents", "styles")
                ),
                found.spearman,
                found.kendall,
                adds.log_loss if adds else None,
                *((adds and adds.interval) or (None, None)),
                "; ".join(f"{name}: {why}" for name, why in found.reasons.items()),
            ]
        )
    return [["" if cell is None else cell for cell in row] for row in rows]


def summary(judgement: Judgement) -> list[str]:
    """Describe the answer in lines of text."""
    lines = [judgement.title]
    for found in judgement.findings:
        name = found.candidate.name
        if found.accuracy is None:
            lines.append(f"  {name}: {found.reasons['accuracy']}")
            continue
        rank = f"{found.rank}." if found.rank else "–"
        bounds = found.accuracy_interval_stimuli
        shown = f" [{bounds[0]:.3f}, {bounds[1]:.3f}]" if bounds else " (interval not known)"
        usefulness = {True: "useful", False: "not shown to be useful", None: ""}[found.useful]
        lines.append(f"  {rank:>3} {name:<24} {found.accuracy:.3f}{shown} {usefulness}".rstrip())
    ceiling = judgement.ceiling
    if ceiling.majority is not None:
        lines.append(f"  the majority of the other people predicts {ceiling.majority:.3f}")
    if judgement.abilities:
        best = sorted(
            zip(judgement.abilities.ability.tolist(), judgement.abilities.methods, strict=True),
            reverse=True,
        )
        lines.append("  methods: " + ", ".join(f"{name} {value:.2f}" for value, name in best))
    return lines + [f"  {note}" for note in judgement.notes]
