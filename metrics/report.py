"""The report: one folder with a page that a reader without the site can open and understand.

The page is a single file: styles, scripts and pictures lie in it as data addresses.
"""

from __future__ import annotations

import base64
import importlib.util
import io
import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import timezone

from metrics.ecspace import LEVELS, ECSpace, admissible, ecspace, examples, table
from metrics.files import write_bytes, write_csv, write_text
from metrics.plots import FORMATS, Plot, plot_data, plotly_figure, render, static_figure
from metrics.records.space import Scoring, scored_frame, stimuli_of
from metrics.tables import table_csv, table_latex, table_markdown
from transfer.errors import InputError
from transfer.models import Batch, Stimulus

if TYPE_CHECKING:
    import pandas as pd

    from studies.models import Study

EXAMPLES = 4
THUMBNAIL = 200
"""Width of the example pictures in the page, pixels."""
SIMULATED = "simulated votes"


@dataclass(frozen=True)
class Report:
    """What a report is about: batches, an E- and a C-model, and how the cells are cut."""

    batches: list[Batch]
    scorings: dict[str, Scoring]
    bins: str = "independent"

    @property
    def simulated(self) -> bool:
        """Whether simulated votes stand behind any score."""
        return any(each.simulated for each in self.scorings.values())

    @property
    def note(self) -> str:
        """What every file says where votes are simulated."""
        return SIMULATED if self.simulated else ""

    @cached_property
    def frame(self) -> pd.DataFrame:
        """The columns of SCORES.csv."""
        return scored_frame(stimuli_of(self.batches), self.scorings)

    @cached_property
    def space(self) -> ECSpace:
        """The grid."""
        return ecspace(self.frame, self.bins)

    @cached_property
    def plot(self) -> Plot:
        """The scatter."""
        return plot_data(self.space, note=self.note)

    def write(self, folder: Path) -> Path:
        """Write every file; the page comes last. Returns its path."""
        rows = table(self.space)
        figure = static_figure(self.plot)
        pictures = {name: render(figure, name) for name in FORMATS}
        scores = self.frame.assign(votes="simulated") if self.simulated else self.frame
        write_csv(scores, folder / "scores.csv")
        write_text(table_csv(rows, "simulated" if self.simulated else ""), folder / "table.csv")
        write_text(table_markdown(rows, self.note), folder / "table.md")
        write_text(table_latex(rows, self.note), folder / "table.tex")
        for name, content in pictures.items():
            write_bytes(content, folder / f"ecspace.{name}")
        for target, scoring in self.scorings.items():
            _write_json(scoring.model.to_json(), folder / f"model-{target}.json")
        _write_json(self._summary(rows), folder / "ecspace.json")
        page = folder / "index.html"
        write_text(self._page(pictures["png"]), page)
        return page

    def _summary(self, rows: list[dict[str, Any]]) -> dict[str, Any]:
        space = self.space
        return {
            "simulated": self.simulated,
            "batches": [batch.name for batch in self.batches],
            "models": {target: each.label for target, each in self.scorings.items()},
            "bins": space.bins,
            "stimuli": len(space.frame),
            "unscored": space.unscored,
            "counts": space.counts.tolist(),
            "E_cuts": list(space.E_cuts),
            "C_cuts": space.C_cuts.tolist(),
            "table": rows,
            "methods": self.methods,
        }

    @cached_property
    def methods(self) -> list[dict[str, Any]]:
        """Each method's mean scores, and whether no other method beats it in both."""
        means = self.space.frame.groupby("method")[["E_score", "C_score"]].mean()
        best = admissible(means.to_numpy())
        sizes = self.space.frame["method"].value_counts()
        listed = [
            {
                "method": str(method),
                "stimuli": int(sizes[str(method)]),
                "E": float(row["E_score"]),
                "C": float(row["C_score"]),
                "admissible": bool(good),
            }
            for (method, row), good in zip(means.iterrows(), best, strict=True)
        ]
        return sorted(listed, key=lambda each: -float(str(each["E"])))

    def _page(self, picture: bytes) -> str:
        return render_to_string(
            "metrics/report.html",
            {
                "report": self,
                "space": self.space,
                "figure": plotly_figure(self.plot),
                "picture": _address("image/png", picture),
                "cells": self._cells(),
                "models": [
                    {"target": target, "scoring": each, "studies": _studies(each)}
                    for target, each in self.scorings.items()
                ],
                "instruments": {
                    key: sorted(self.frame[f"instrument_{key}"].dropna().unique())
                    for key in ("E", "C")
                },
                "contents": sorted(self.frame["content"].unique()),
                "styles": sorted(self.frame["style"].unique()),
                "now": timezone.now(),
                "stylesheets": [
                    _address("text/css", _static(name))
                    for name in ("site.css", "components.css", "metrics/metrics.css")
                ],
                "scripts": [
                    _address("text/javascript", content)
                    for content in (_plotly(), _static("metrics/report.js"))
                ],
            },
        )

    def _cells(self) -> list[list[dict[str, Any]]]:
        chosen = {(e, c): examples(self.space, e, c, EXAMPLES) for e in range(3) for c in range(3)}
        wanted = [name for several in chosen.values() for name in several]
        rows = Stimulus.objects.filter(public_id__in=wanted).select_related("content")
        known = {row.public_id.hex: row for row in rows}
        cells = {(cell["E"], cell["C"]): cell for cell in table(self.space)}
        return [
            [
                cells[LEVELS[e], LEVELS[c]]
                | {"examples": [_example(known[name]) for name in chosen[e, c]]}
                for c in range(3)
            ]
            for e in (2, 1, 0)
        ]


def batches_of(scorings: dict[str, Scoring]) -> list[Batch]:
    """The batches that the votes behind some models are about.

    Raises:
        InputError: published models alone do not name any.

    """
    rows = [each.calibration for each in scorings.values() if each.calibration]
    found = list(Batch.objects.filter(studies__calibrations__in=rows).distinct())
    if not found:
        raise InputError("name the batch: published models do not say which stimuli to show")
    return found


def _studies(scoring: Scoring) -> list[Study]:
    return list(scoring.calibration.studies.all()) if scoring.calibration else []


def _example(stimulus: Stimulus) -> dict[str, str]:
    from PIL import Image

    words = f"{stimulus.method}: {stimulus.content.name}"
    buffer = io.BytesIO()
    with Image.open(stimulus.path) as picture:
        small = picture.convert("RGB")
        small.thumbnail((THUMBNAIL, THUMBNAIL))
        small.save(buffer, "JPEG", quality=80)
    return {"words": words, "address": _address("image/jpeg", buffer.getvalue())}


def _address(kind: str, content: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


def _static(name: str) -> bytes:
    return (Path(settings.BASE_DIR) / "static" / name).read_bytes()


def _plotly() -> bytes:
    found = importlib.util.find_spec("plotly")
    assert found is not None
    assert found.submodule_search_locations is not None
    return (Path(found.submodule_search_locations[0]) / "package_data/plotly.min.js").read_bytes()


def _write_json(value: Any, path: Path) -> None:
    write_text(json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False), path)
