"""Statistics and models in the bundle of a study, so that anybody can fit its votes again.

Registered with studies by `MetricsConfig.ready`. Models that were fitted to several studies are
left out, because a bundle holds the votes of one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd
from django.db.models import Count

from common.errors import InputError
from common.tables import rows_to_csv, to_csv
from metrics.calibration.data import compare
from metrics.calibration.export import Model
from metrics.measurements.table import (
    other_instruments,
    statistics_frame,
    usual_instruments,
)
from metrics.models import Calibration
from metrics.statistics import STATISTICS, statistic
from studies.exchange.columns import Column
from studies.exchange.further_files import FurtherFile, FurtherFiles

if TYPE_CHECKING:
    from studies.models import Study

MODELS = (
    Column("model", "string", "the exported model in this archive, as docs/calibration.md of the "
           "program describes it"),
    Column("name", "string", "name of the model"),
    Column("target", "string", "E: style carried; C: content kept", ("E", "C")),
    Column("statistics", "string", "the table in this archive that it was fitted to",
           missing="the stimuli have no measurements by its instruments any more"),
    Column("refit", "string", "whether this archive's votes and statistics are exactly those that "
           "the model was fitted to", ("yes", "no")),
    Column("command", "string", "fits the model again", missing="there is no table to fit to"),
)  # fmt: skip
"""The columns of MODELS.csv in a bundle."""

_NAMES = {
    "stimulus": Column("stimulus", "string", "id of the stimulus, as in the votes"),
    "method": Column("method", "string", "key of the method, or label of an imported stimulus"),
    "content": Column("content", "string", "name of the content picture",
                      missing="made from styles alone"),
    "style": Column("style", "string", "names of the style pictures, joined by ` + `"),
    "weight": Column("weight", "number", "the parameter that sets the amount of style",
                     missing="the method has none"),
}  # fmt: skip


@dataclass(frozen=True)
class _Table:
    """A table of statistics, and the name of its file."""

    file: str
    frame: pd.DataFrame


def bundle_files(study: Study, votes: pd.DataFrame) -> FurtherFiles:
    """STATISTICS.csv, models/ and MODELS.csv of a study, as far as there are any.

    Args:
        study: whose stimuli were measured.
        votes: of the study, as in VOTES.csv.

    """
    alone = Calibration.objects.annotate(among=Count("studies")).filter(among=1)
    calibrations = list(
        Calibration.objects.filter(pk__in=alone.values("pk"), studies=study).order_by("pk")
    )
    tables = _tables(study, calibrations)
    files = [FurtherFile(t.file, _csv(t.frame), _described(t.frame)) for t in tables.values()]
    rows: list[list[str]] = []
    for number, calibration in enumerate(calibrations, 1):
        file = f"models/{calibration.target}-{number}.json"
        files.append(FurtherFile(file, _json(calibration.model)))
        table = tables.get(_key(_instruments(study, calibration)))
        rows.append(
            [file, calibration.name, calibration.target, *_refit(calibration, table, votes)]
        )
    if rows:
        head = [column.name for column in MODELS]
        files.append(FurtherFile("MODELS.csv", rows_to_csv([head, *rows]).encode(), MODELS))
    return FurtherFiles(files, _explained(bool(tables), bool(rows)))


def _tables(study: Study, calibrations: list[Calibration]) -> dict[str, _Table]:
    """A table for each choice of instruments; that of the newest model, or the usual one, first."""
    usual = usual_instruments(study.stimuli.all())
    choices = [_instruments(study, one) for one in reversed(calibrations)] or [usual]
    further = other_instruments(study.stimuli.all())
    tables: dict[str, _Table] = {}
    for chosen in choices:
        if _key(chosen) in tables or not (chosen or further):
            continue
        try:
            frame = statistics_frame(study.stimuli.all(), {**chosen, **further}, list(further))
        except InputError:  # what an instrument measured is gone, or was measured elsewhere
            continue
        file = f"STATISTICS{f'-{len(tables) + 1}' if tables else ''}.csv"
        frame = frame.sort_values("stimulus").drop_duplicates("stimulus")
        tables[_key(chosen)] = _Table(file, frame)
    return tables


def _instruments(study: Study, calibration: Calibration) -> dict[str, str]:
    return usual_instruments(study.stimuli.all()) | calibration.exported.instruments


def _key(instruments: Mapping[str, str]) -> str:
    return json.dumps(dict(instruments), sort_keys=True)


def _refit(calibration: Calibration, table: _Table | None, votes: pd.DataFrame) -> list[str]:
    """The last three cells of a row of MODELS.csv."""
    if table is None:
        return ["", "no", ""]
    model = calibration.exported
    command = _command(model, table.file)
    try:
        data = compare(
            votes,
            table.frame,
            model.terms,
            ties=model.details.get("ties") or "drop",
            include_simulated=model.simulated,
            any_instrument=True,
            target=model.target,
        )
    except InputError:  # stimuli of the votes lack a statistic
        return [table.file, "no", command]
    same = data.fingerprint == calibration.data_fingerprint
    return [table.file, "yes" if same else "no", command]


def _command(model: Model, table: str) -> str:
    cluster = model.covariance.removeprefix("cluster:").replace("naive", "none")
    parts = [
        f"python -m metrics calibrate VOTES.csv {table} --target {model.target}",
        f"--terms {','.join(model.terms)} --fit {model.details.get('fit') or 'auto'}",
        f"--ties {model.details.get('ties') or 'drop'} --cluster {cluster}",
        *(["--include-simulated"] if model.simulated else []),
        "--json",
    ]
    return " ".join(parts)


def _described(frame: pd.DataFrame) -> list[Column]:
    return [_NAMES.get(name) or _measured(name) for name in map(str, frame.columns)]


def _measured(name: str) -> Column:
    if name.startswith("instrument_"):
        of = name.removeprefix("instrument_")
        return Column(name, "string", f"what measured {of}: only equal ones are comparable",
                      missing="not measured")  # fmt: skip
    title = next((s.title for s in map(statistic, STATISTICS) if name in s.names), "")
    return Column(name, "number", title or "base statistic", missing="not measured, or undefined")


def _explained(has_tables: bool, has_models: bool) -> list[str]:
    lines = ["STATISTICS.csv holds the measurements of the stimuli."] if has_tables else []
    if has_models:
        lines += [
            "MODELS.csv lists the models in models/ that were fitted to these votes alone, and the",
            "command that fits each one again from the files here (of the program EC Space).",
        ]
    return lines


def _csv(frame: pd.DataFrame) -> bytes:
    return to_csv(frame).encode()


def _json(value: object) -> bytes:
    return (json.dumps(value, indent=1, ensure_ascii=False, sort_keys=True) + "\n").encode()
