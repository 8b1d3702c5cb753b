"""The commands `features`, `learn` and `score-learnt`."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from common.atomic import write_text
from common.console import say, write_json
from common.device import add_device_option, choose_device
from common.errors import InputError
from common.lookup import check_name
from common.tables import read_csv, read_table, rows_to_csv
from common.votes import read_votes
from transfer.encoders import DEFAULT_ENCODER, ENCODERS, load_encoder

if TYPE_CHECKING:
    from collections.abc import Sequence

    from common.console import Subparsers
    from metrics.calibration.learnt.features import Features
    from metrics.calibration.learnt.learnt import Learnt, Rated
    from metrics.statistics.instruments.moments import Made, Moments


def add_commands(subparsers: Subparsers) -> None:
    """Add `features`, `learn` and `score-learnt`."""
    _add_features(subparsers)
    _add_learn(subparsers)
    _add_score(subparsers)


def _add_features(subparsers: Subparsers) -> None:
    parser = subparsers.add_parser(
        "features", help="features of stimuli by an encoder, for a referee learnt from votes"
    )
    parser.add_argument(
        "pictures",
        type=Path,
        metavar="PICTURES.csv",
        help="columns stimulus, image, content, style (files, relative to the table) and, if you "
        "like, method",
    )
    add_encoder_options(parser)
    parser.add_argument("--out", type=Path, required=True, metavar="FEATURES.safetensors")
    parser.set_defaults(answer=_features)


def add_encoder_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that choose an encoder; `moments_of` reads them."""
    parser.add_argument(
        "--encoder", default=DEFAULT_ENCODER, metavar="NAME", help="default: %(default)s"
    )
    parser.add_argument("--weights", type=Path, metavar="FILE|DIR", help="the encoder's weights")
    add_device_option(parser)


def moments_of(encoder: str, weights: Path | None, device: str) -> Moments:
    """What reads pictures by an encoder. Raises InputError for an unknown one."""
    check_name("encoder", encoder, ENCODERS)
    from metrics.statistics.instruments.moments import Moments  # torch

    return Moments(load_encoder(encoder, weights=weights, device=choose_device(device)))


def _features(options: argparse.Namespace) -> None:
    several = _pictures(options.pictures)
    moments = moments_of(options.encoder, options.weights, options.device)
    found = moments.features(several, _counted)
    found.write(options.out)
    say(f"{len(found.stimuli)} stimuli, {found.instrument}")


def _counted(done: int, of: int) -> None:
    if done % 100 == 0 and done < of:
        say(f"{done} of {of} stimuli")


def _pictures(path: Path) -> list[Made]:
    from metrics.statistics.instruments.moments import Made  # torch

    table = read_table(path, "pictures")
    table.require(("stimulus", "image", "content", "style"))
    found = []
    for line, row in zip(table.lines, table.records(), strict=True):
        for name in ("stimulus", "image", "content", "style"):
            if not row[name].strip():
                raise InputError(f"{path}, line {line}: no {name} is named: name it")
        content, style = (path.parent / row[name].strip() for name in ("content", "style"))
        levels = {
            name: row[name].strip() for name in ("method", "content", "style") if row.get(name)
        }
        image = path.parent / row["image"].strip()
        found.append(Made(row["stimulus"].strip(), image, content, (style,), levels))
    names = [made.name for made in found]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise InputError(f"{path}: stimulus {twice!r} is named twice: keep one row for each")
    return found


def _add_learn(subparsers: Subparsers) -> None:
    parser = subparsers.add_parser(
        "learn", help="learn a referee from votes, and say whether it only knows the methods"
    )
    parser.add_argument("votes", type=Path, metavar="VOTES.csv")
    parser.add_argument(
        "features", type=Path, nargs="+", metavar="FEATURES.safetensors", help="see `features`"
    )
    parser.add_argument(
        "--statistics",
        type=Path,
        metavar="STATISTICS.csv",
        help="E1 … E5 and C, for the calibrated models beside it",
    )
    parser.add_argument(
        "--target",
        choices=("E", "C", "O"),
        help="only votes on this question: E style carried, C content kept, O overall",
    )
    add_learning_options(parser)
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help="write learnt.json and learnt.safetensors here"
    )
    parser.add_argument("--json", action="store_true", help="print the answer as JSON")
    parser.set_defaults(answer=_learn, out_is_folder=True)


def add_learning_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of what is learnt from."""
    parser.add_argument("--include-simulated", action="store_true", help="use simulated votes too")
    parser.add_argument(
        "--any-instrument", action="store_true", help="allow statistics of different instruments"
    )
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of folds (default 0)")


def _learn(options: argparse.Namespace) -> None:
    from metrics.calibration.learnt.learn import learn  # pandas, scipy
    from metrics.calibration.learnt.model_file import write_learnt

    statistics = read_csv(options.statistics, "statistics") if options.statistics else None
    learnt = learn(
        read_votes(options.votes).frame(),
        read_several(options.features),
        statistics,
        target=options.target or "",
        include_simulated=options.include_simulated,
        any_instrument=options.any_instrument,
        seed=options.seed,
    )
    if options.out:
        write_learnt(learnt, options.out)
    if options.json:
        write_json(learnt.to_json())
    else:
        for line in summary(learnt):
            say(line)


def read_several(paths: Sequence[Path]) -> Features:
    """Read files of features as one. Raises InputError."""
    from metrics.calibration.learnt.features import join, read_features

    return join([read_features(path) for path in paths])


def summary(learnt: Learnt) -> list[str]:
    """Describe the answer in lines of text."""
    lines = [learnt.title]
    lines.append(
        f"  {'log loss of votes':<18} {'fit':>8} " + " ".join(f"{n:>13}" for n in learnt.splits)
    )
    lines += [_line(rated) for rated in learnt.models]
    lines.append(f"  {learnt.verdict.words}")
    return lines + [f"  {note}" for note in learnt.notes]


def _line(rated: Rated) -> str:
    cells = [f"{held.log_loss:>13.4f}" if held else f"{'–':>13}" for held in rated.cells]
    return f"  {rated.name:<18} {rated.log_loss:>8.4f} " + " ".join(cells)


def _add_score(subparsers: Subparsers) -> None:
    parser = subparsers.add_parser(
        "score-learnt", help="score stimuli by a referee learnt of votes"
    )
    parser.add_argument(
        "--model", type=Path, required=True, metavar="DIR|learnt.json", help="see `learn --out`"
    )
    parser.add_argument("features", type=Path, nargs="+", metavar="FEATURES.safetensors")
    parser.add_argument("--out", type=Path, metavar="SCORES.csv", help="write the scores here")
    parser.add_argument("--json", action="store_true", help="print the scores as JSON")
    parser.set_defaults(answer=_score)


def _score(options: argparse.Namespace) -> None:
    from metrics.calibration.learnt.model_file import read_learnt  # pandas

    model = read_learnt(options.model)
    scores = model.score(read_several(options.features))
    verdict: dict[str, Any] = model.said.get("verdict") or {}
    if verdict.get("level") != "holds":
        say(str(verdict.get("words", "")))
    rows = list(zip(map(str, scores.index), scores.tolist(), strict=True))
    text = rows_to_csv([["stimulus", "learnt"], *([name, repr(value)] for name, value in rows)])
    if options.out:
        write_text(text, options.out)
    if options.json:
        write_json([{"stimulus": name, "learnt": value} for name, value in rows])
    elif not options.out:
        print(text, end="")  # noqa: T201
