"""The report: one folder with a page that a reader without the site can open and understand."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from common.atomic import make_folder, write_bytes, write_text
from common.errors import InputError
from common.tables import to_csv
from metrics.ecspace.grid import table
from metrics.ecspace.tables import table_csv, table_latex, table_markdown
from metrics.ecspace.variance import variance_explained
from metrics.plots import FORMATS
from metrics.presentation.explained import Explained
from metrics.presentation.figures import Figure
from metrics.presentation.shown import ShownSpace
from metrics.presentation.space import Scoring
from metrics.report.page import page
from transfer.models import Batch


@dataclass(frozen=True)
class Report:
    """What a report is about: an EC space whose figures come with stills."""

    shown: ShownSpace

    @property
    def simulated(self) -> bool:
        """Whether simulated votes stand behind any score."""
        return self.shown.simulated

    @cached_property
    def models(self) -> list[Explained]:
        """The E- and the C-model, explained."""
        return [Explained(scoring, stills=True) for scoring in self.shown.scorings.values()]

    def write(self, folder: Path) -> Path:
        """Write every file; the page comes last. Returns its path."""
        shown = self.shown
        rows = table(shown.space)
        text = page(shown, self.models)
        make_folder(folder)
        scores = shown.frame.assign(votes="simulated") if self.simulated else shown.frame
        write_text(to_csv(scores), folder / "scores.csv")
        write_text(to_csv(shown.cells), folder / "cells.csv")
        write_text(table_csv(rows, "simulated" if self.simulated else ""), folder / "table.csv")
        write_text(table_markdown(rows, shown.note), folder / "table.md")
        write_text(table_latex(rows, shown.note), folder / "table.tex")
        checks = [figure for model in self.models for figure in (model.curve, model.methods_figure)]
        for figure in (shown.scatter, *shown.families, *filter(None, checks)):
            _write_figure(figure, folder)
        mosaic = shown.file("mosaic", "png")
        assert mosaic is not None
        write_bytes(mosaic, folder / "mosaic.png")
        for target, scoring in shown.scorings.items():
            _write_json(scoring.model.to_json(), folder / f"model-{target}.json")
        _write_json(self._summary(rows), folder / "ecspace.json")
        path = folder / "index.html"
        write_text(text, path)
        return path

    def _summary(self, rows: list[dict[str, Any]]) -> dict[str, Any]:
        space, sure = self.shown.space, self.shown.sure
        found = {
            target: variance_explained(space.frame, f"{target}_score") for target in ("E", "C")
        }
        return {
            "simulated": self.simulated,
            "batches": [batch.name for batch in self.shown.batches],
            "models": {target: each.label for target, each in self.shown.scorings.items()},
            "calibrations": sorted(
                each.calibration.pk for each in self.shown.scorings.values() if each.calibration
            ),
            "foreign_instruments": self.shown.foreign,
            "bins": space.bins,
            "stimuli": len(space.frame),
            "unscored": space.unscored,
            "counts": space.counts.tolist(),
            "E_cuts": list(space.E_cuts),
            "C_cuts": space.C_cuts.tolist(),
            "table": rows,
            "methods": self.shown.methods,
            "variance": {target: each and each.to_json() for target, each in found.items()},
            "bootstrap_draws": sure.replicates if sure else None,
        }


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


def _write_figure(figure: Figure, folder: Path) -> None:
    for name in FORMATS:
        content = figure.png if name == "png" else figure.file(name)
        write_bytes(content, folder / f"{figure.plot.key}.{name}")


def _write_json(value: Any, path: Path) -> None:
    write_text(json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False), path)
