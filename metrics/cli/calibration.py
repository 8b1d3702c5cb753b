"""The commands `calibrate` and `score`."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from common.atomic import write_text
from common.console import say, write_json
from common.errors import InputError
from common.tables import read_csv, to_csv, write_csv
from common.votes import read_votes
from metrics.calibration.model_file import read_model
from metrics.calibration.verdict import verdict

if TYPE_CHECKING:
    import pandas as pd

    from common.console import Subparsers
    from metrics.calibration.export import Model


def add_commands(subparsers: Subparsers) -> None:
    """Add `calibrate` and `score`."""
    _add_calibrate(subparsers)
    _add_score(subparsers)


def _add_calibrate(subparsers: Subparsers) -> None:
    parser = subparsers.add_parser(
        "calibrate", help="fit people's preferences on differences of base statistics"
    )
    parser.add_argument("votes", type=Path, metavar="VOTES.csv")
    parser.add_argument("statistics", type=Path, metavar="STATISTICS.csv")
    add_fit_options(parser)
    parser.add_argument(
        "--target", choices=("E", "C"), required=True, help="E: style carried, C: content kept"
    )
    parser.add_argument("--out", type=Path, metavar="M.json", help="write the model here")
    parser.add_argument("--json", action="store_true", help="print the model as JSON")
    parser.set_defaults(answer=_calibrate)


def add_fit_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of the fit; `fit_options` reads them."""
    parser.add_argument(
        "--terms",
        metavar="E1,E2",
        help="statistics of the model (default: chosen by cross-validation over participants)",
    )
    parser.add_argument(
        "--fit",
        choices=("auto", "ml", "firth"),
        default="auto",
        help="auto: maximum likelihood, or Firth's where votes are separated (default)",
    )
    parser.add_argument(
        "--ties",
        choices=("drop", "half", "davidson"),
        default="drop",
        help="drop: forced choice, ties are counted and left out (default)",
    )
    parser.add_argument(
        "--cluster",
        choices=("participant", "participant+content", "participant+style", "none"),
        default="participant",
        help="groups of votes that may be correlated (default: those of a participant)",
    )
    parser.add_argument(
        "--include-simulated",
        action="store_true",
        help="include simulated votes; the model records it",
    )
    parser.add_argument(
        "--any-instrument",
        action="store_true",
        help="allow statistics of different instruments",
    )
    parser.add_argument(
        "--bootstrap",
        type=int,
        default=1000,
        metavar="N",
        help="number of bootstrap draws of participants, for intervals (default 1000; 0: none)",
    )
    parser.add_argument(
        "--seed",
        type=int,
        default=0,
        metavar="N",
        help="seed of folds and bootstrap draws (default 0)",
    )


def fit_options(options: dict[str, Any]) -> dict[str, Any]:
    """The arguments of `calibrate` from parsed options."""
    terms = [term.strip() for term in (options["terms"] or "").split(",") if term.strip()]
    return {
        "terms": terms or None,
        "method": options["fit"],
        "ties": options["ties"],
        "cluster": options["cluster"],
        "include_simulated": options["include_simulated"],
        "any_instrument": options["any_instrument"],
        "replicates": options["bootstrap"],
        "seed": options["seed"],
    }


def _calibrate(options: argparse.Namespace) -> None:
    from metrics.calibration.calibrate import calibrate

    model = calibrate(
        read_votes(options.votes).frame(),
        read_csv(options.statistics, "statistics"),
        options.target,
        **fit_options(vars(options)),
    )
    value = model.to_json()
    if options.out:
        text = json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False)
        write_text(text, options.out, make_folder=True)
    if options.json:
        write_json(value)
    else:
        for line in summary(model):
            say(line)


def summary(model: Model) -> list[str]:
    """Describe a model in lines of text."""
    lines = [f"{model.target}-model of {model.votes} votes by {model.participants} participants"]
    for term in model.terms:
        error = model.std_errors[term]
        printed = "(error not known)" if error is None else f"± {error:.4f}"
        lines.append(f"  {term:>4} {model.coefficients[term]:9.4f} {printed}")
    lines.append(f"  errors: {model.covariance}; fit: {model.details.get('fit')}")
    dropped = model.details.get("dropped") or {}
    if dropped:
        left_out = ", ".join(f"{count} {reason}" for reason, count in dropped.items())
        lines.append(f"  left out: {left_out}")
    lines += [f"  {note}" for note in model.details.get("notes", [])]
    judged = model.details.get("verdict")
    if judged:
        lines.append(f"  verdict: {judged['level']}")
        lines += [f"    {reason['text']}" for reason in judged["reasons"]]
    return lines


def _add_score(subparsers: Subparsers) -> None:
    parser = subparsers.add_parser("score", help="score stimuli by calibrated models")
    parser.add_argument(
        "--model",
        action="append",
        required=True,
        dest="models",
        metavar="M.json|wacv2020-E|wacv2020-C",
        help="may be given twice, once for E and once for C",
    )
    parser.add_argument("statistics", type=Path, metavar="STATISTICS.csv")
    parser.add_argument(
        "--any-instrument", action="store_true", help="allow statistics of another instrument"
    )
    parser.add_argument(
        "--out", type=Path, metavar="SCORES.csv", help="write statistics and scores here"
    )
    parser.add_argument("--json", action="store_true", help="print the scores as JSON")
    parser.set_defaults(answer=_score)


def _score(options: argparse.Namespace) -> None:
    statistics = read_csv(options.statistics, "statistics")
    models = [read_model(name) for name in options.models]
    columns = score_columns(models, statistics, any_instrument=options.any_instrument)
    for name, model in zip(options.models, models, strict=True):
        judged = verdict(model)
        if judged and not judged.usable:
            say(f"{name} is not usable: {judged.reasons[0].text}")
    scored = statistics.assign(**{name: column.to_numpy() for name, column in columns.items()})
    if options.out:
        write_csv(scored, options.out)
    if options.json:
        write_json(
            [
                {"stimulus": str(row["stimulus"])}
                | {name: None if row[name] != row[name] else float(row[name]) for name in columns}
                for row in scored.to_dict("records")
            ]
        )
    elif not options.out:
        print(to_csv(scored), end="")  # noqa: T201


def score_columns(
    models: list[Model], statistics: pd.DataFrame, *, any_instrument: bool = False
) -> dict[str, pd.Series[float]]:
    """Score by each model: columns E_score, C_score. Raises InputError for two of one target."""
    from metrics.calibration.score import score

    columns: dict[str, pd.Series[float]] = {}
    for model in models:
        column = score(model, statistics, any_instrument=any_instrument)
        if column.name in columns:
            raise InputError(f"two models give an {column.name}: name one of each target")
        columns[str(column.name)] = column
    return columns
