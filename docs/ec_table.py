"""The methods in the EC space of measured batches: a table, a figure, and the data of their cards.

    PYTHONPATH=. ECSPACE_DATA=DATA python docs/ec_table.py --batches 'ec-*' \
        --rows docs/ec-methods.csv --figure docs/ec-methods.png --cards \
        --how "20 BSDS500 pictures in 20 styles, …"

The table goes to standard output as Markdown. Methods are compared in the pairs of content and
style that all of them have; --pairs-of restricts the methods (three of them may have thirty pairs,
while the others have twenty). A method with the values of one of its presets counts as a method of
its own.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import django
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from scipy import stats

from common.atomic import write_bytes
from common.errors import InputError
from metrics.calibration.presets import preset
from metrics.calibration.score import score
from metrics.ecspace.grid import admissible
from metrics.plots.static import render
from transfer.methods import METHODS, resolve_parameters
from transfer.methods.cards import FOLDER, REFERENCE_BATCH, YARDSTICK

STATISTICS = ("E1", "E2", "E3", "E4", "E5", "C")
MODELS = {"E": "wacv2020-E", "C": "wacv2020-C"}
CONFIDENCE = 0.95
MARGIN = 0.15  # of the range of the means, around them in the figure


def main() -> None:
    """Read the batches; write what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--batches", nargs="+", required=True, metavar="NAME", help="* is allowed")
    parser.add_argument(
        "--rows",
        type=Path,
        metavar="FILE.csv",
        help="keeps the measured rows, so that pairs of several installations make one table",
    )
    parser.add_argument("--pairs-of", nargs="+", metavar="METHOD", help="only these methods")
    parser.add_argument("--against", default=YARDSTICK, metavar="METHOD")
    parser.add_argument("--figure", type=Path, metavar="FILE.png")
    parser.add_argument("--cards", action="store_true", help="write the data of the method cards")
    parser.add_argument("--how", default="", help="sentence about the batch, for the cards")
    options = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    frame = _measured(options.batches)
    if options.rows:
        frame = _with_kept(frame, options.rows)
    frame = _scored(frame)
    if options.pairs_of:
        frame = frame[frame["method"].isin(options.pairs_of)]
    frame, dropped = _common(frame)
    rows = _rows(frame, options.against)
    print(_markdown(rows, options.against))  # noqa: T201
    if dropped:
        print(f"{dropped} pairs are left out, because a method lacks them.", file=sys.stderr)  # noqa: T201
    if options.figure:
        write_bytes(render(_figure(rows, options.against), "png"), options.figure)
    if options.cards:
        # Ranks on the cards are among the methods, without their presets.
        _write_cards(_rows(frame[frame["method"].isin(METHODS)], options.against), options.how)


def _measured(patterns: Sequence[str]) -> pd.DataFrame:
    """One row per finished stimulus, its method named with its preset."""
    from metrics.measurements.table import statistics_frame, usual_instruments
    from transfer.models import Batch, Stimulus

    names = [name for name in Batch.objects.values_list("name", flat=True) if _like(name, patterns)]
    stimuli = Stimulus.objects.filter(batch__name__in=names, state=Stimulus.State.DONE)
    frame = statistics_frame(stimuli, usual_instruments(stimuli))
    labels = {
        row.public_id.hex: _label(row.method, row.parameters)
        for row in stimuli.only("public_id", "method", "parameters")
    }
    return frame.assign(method=frame["stimulus"].map(labels))


def _with_kept(frame: pd.DataFrame, file: Path) -> pd.DataFrame:
    """The rows with those of a file, which keeps them all; a row measured anew replaces a kept one.

    Raises:
        InputError: a statistic was measured by two instruments.

    """
    if file.exists():
        texts = dict.fromkeys(("stimulus", "method", "content", "style"), str)
        unknown = {name: [""] for name in STATISTICS}
        kept = pd.read_csv(file, dtype=texts, keep_default_na=False, na_values=unknown)
        frame = pd.concat([kept, frame])
        frame = frame.drop_duplicates(["method", "content", "style"], keep="last")
    frame = frame.sort_values(["content", "style", "method"], ignore_index=True)
    for statistic in ("E", "C"):
        names = sorted(set(frame[f"instrument_{statistic}"].dropna()) - {""})
        if len(names) > 1:
            raise InputError(
                f"{statistic} was measured by {len(names)} instruments, {' and '.join(names)}: "
                f"measure all batches by one, or name another file than {file}"
            )
    write_bytes(frame.to_csv(index=False).encode(), file)
    return frame


def _like(name: str, patterns: Sequence[str]) -> bool:
    return any(Path(name).match(pattern) for pattern in patterns)


def _label(method: str, parameters: Mapping[str, Any]) -> str:
    """The method, with the preset whose values the parameters are."""
    ours = {name: value for name, value in parameters.items() if name != "iterations"}
    for name in METHODS[method].presets:
        values = resolve_parameters(method, {"preset": name})
        if name != "default" and ours == {key: values[key] for key in ours if key in values}:
            return f"{method}, {name}"
    return method


def _scored(frame: pd.DataFrame) -> pd.DataFrame:
    """The scores by the published models, which were fitted to statistics of other instruments."""
    by_stimulus = frame.set_index("stimulus")
    for target, name in MODELS.items():
        scores = score(preset(name), frame, any_instrument=True)
        by_stimulus[f"{target}_score"] = scores.reindex(by_stimulus.index)
    return by_stimulus.reset_index()


def _common(frame: pd.DataFrame) -> tuple[pd.DataFrame, int]:
    """The rows of pairs that every method with a content has, and how many pairs others miss."""
    paired = frame[frame["content"] != ""]
    needed = paired["method"].nunique()
    complete = paired.dropna(subset=["E_score", "C_score"])
    counts = complete.groupby(["content", "style"])["method"].nunique()
    pairs = set(counts[counts == needed].index)
    kept = [
        content == "" or (content, style) in pairs
        for content, style in zip(frame["content"], frame["style"], strict=True)
    ]
    return frame[kept], len(set(zip(paired["content"], paired["style"], strict=True))) - len(pairs)


def _rows(frame: pd.DataFrame, against: str) -> dict[str, dict[str, Any]]:
    """Method → means, differences from `against` with intervals, ranks, admissibility."""
    rows: dict[str, dict[str, Any]] = {}
    reference = frame[frame["method"] == against].set_index(["content", "style"])
    for method, own in frame.groupby("method", sort=False):
        paired = own.set_index(["content", "style"])
        with_content = bool((own["content"] != "").all())
        row: dict[str, Any] = {
            "stimuli": len(own),
            "means": {name: _number(own[name].mean()) for name in STATISTICS},
            "reason": "" if with_content else "no C and no score: it has no content",
        }
        for target in MODELS:
            differences = (paired[f"{target}_score"] - reference[f"{target}_score"]).dropna()
            row[target] = _interval(differences) if with_content else None
            row[f"{target}_rank"] = None
        for name in ("C",):
            row[f"{name}_itself"] = _interval((paired[name] - reference[name]).dropna())
        row["admissible"] = None
        rows[str(method)] = row
    ranked = [method for method, row in rows.items() if row["E"] and row["C"]]
    points = np.array([[rows[method][target][0] for target in MODELS] for method in ranked])
    for column, target in enumerate(MODELS):
        order = np.argsort(-points[:, column])
        for rank, index in enumerate(order, start=1):
            rows[ranked[index]][f"{target}_rank"] = rank
    for method, good in zip(ranked, admissible(points), strict=True):
        rows[method]["admissible"] = bool(good)
    return rows


def _interval(differences: pd.Series[float]) -> list[float] | None:
    """Mean with its interval by Student's t over pairs; None with fewer than two."""
    number = len(differences)
    if number < 2:
        return None
    mean = float(differences.mean())
    half = (
        stats.t.ppf((1 + CONFIDENCE) / 2, number - 1) * differences.std(ddof=1) / math.sqrt(number)
    )
    return [round(mean, 4), round(mean - float(half), 4), round(mean + float(half), 4)]


def _number(value: float) -> float | None:
    return round(float(value), 4) if math.isfinite(value) else None


def _ordered(rows: Mapping[str, Any]) -> list[str]:
    """In the order of the registry, presets after their method."""
    keys = list(METHODS)
    return sorted(rows, key=lambda name: (keys.index(name.split(",")[0]), name))


def _markdown(rows: Mapping[str, Any], against: str) -> str:
    head = ["method", "stimuli", *STATISTICS, "ΔE-model", "ΔC-model", "ΔC", "admissible"]
    lines = [f"| {' | '.join(head)} |", f"|{' --- |' * len(head)}"]
    for method in _ordered(rows):
        row = rows[method]
        means = [_text(row["means"][name]) for name in STATISTICS]
        differences = [
            "" if method == against else _difference(row[name]) for name in ("E", "C", "C_itself")
        ]
        good = {True: "yes", False: "no", None: "–"}[row["admissible"]]
        cells = [f"`{method}`", str(row["stimuli"]), *means, *differences, good]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _text(value: float | None, form: str = ".2f") -> str:
    return "–" if value is None else f"{value:{form}}".replace("-", "−")


def _difference(value: Sequence[float] | None) -> str:
    if value is None:
        return "–"
    mean, low, high = (_text(one, "+.2f") for one in value)
    return f"{mean} ({low} … {high})"


def _figure(rows: Mapping[str, Any], against: str) -> Figure:
    """Numbered means of the methods with their intervals; a line joins the admissible ones.

    The means fill the figure, so that they can be told apart; long intervals are cut at its edge.
    """
    figure = Figure(figsize=(10, 6.5), layout="constrained")
    axes = figure.add_subplot()
    shown = [method for method in _ordered(rows) if rows[method]["E"] and rows[method]["C"]]
    families = {"gatys": "C0", "cross": "C1", "gal": "C2", "universal": "C3", "adain": "C4"}
    families |= {"avatar": "C5", "ift": "C6", "mmd": "C7"}
    for number, method in enumerate(shown, start=1):
        (c, c_low, c_high), (e, e_low, e_high) = rows[method]["C"], rows[method]["E"]
        colour = families[method.split(",")[0].split("-")[0]]
        axes.plot([c_low, c_high], [e, e], color=colour, alpha=0.35, linewidth=1)
        axes.plot([c, c], [e_low, e_high], color=colour, alpha=0.35, linewidth=1)
        axes.plot(c, e, "o", color=colour, markersize=6, label=f"{number}  {method}")
        axes.annotate(str(number), (c, e), xytext=(4, 4), textcoords="offset points", fontsize=9)
    front = sorted(
        (rows[one]["C"][0], rows[one]["E"][0]) for one in shown if rows[one]["admissible"]
    )
    axes.plot(*zip(*front, strict=True), ":", color="#404040", linewidth=1.2)
    for limit, target in ((axes.set_xlim, "C"), (axes.set_ylim, "E")):
        means = [rows[method][target][0] for method in shown]
        margin = MARGIN * (max(means) - min(means))
        limit(min(means) - margin, max(means) + margin)
    figure.legend(loc="outside right center", fontsize=8, frameon=False)
    axes.set_xlabel(f"C score − that of {against} in the same pair (log odds)")
    axes.set_ylabel(f"E score − that of {against} in the same pair (log odds)")
    title = f"Means over {rows[against]['stimuli']} pairs with 95 % intervals; dotted: admissible"
    axes.set_title(title, loc="left", fontsize=10)
    axes.spines[["top", "right"]].set_visible(False)
    return figure


def _write_cards(rows: Mapping[str, Any], how: str) -> None:
    kept = ("stimuli", "means", "E", "C", "E_rank", "C_rank", "admissible", "reason")
    table = {
        "how": how,
        "models": MODELS,
        "methods": {
            method: {name: rows[method][name] for name in kept} for method in _ordered(rows)
        },
    }
    text = json.dumps(table, indent=1, ensure_ascii=False) + "\n"
    write_bytes(text.encode(), FOLDER / REFERENCE_BATCH)


if __name__ == "__main__":
    main()
