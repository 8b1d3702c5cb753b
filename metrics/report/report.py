"""The report of an EC space: a folder with a page that opens without the site."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from django.utils import timezone

from common.atomic import make_folder, write_bytes, write_text
from common.errors import InputError
from common.tables import to_csv
from metrics.ecspace.grid import table
from metrics.ecspace.tables import table_csv, table_latex, table_markdown
from metrics.ecspace.variance import variance_explained
from metrics.plots.data import FORMATS
from metrics.plots.static import render, static_figure, svg
from metrics.presentation.figure_files import mosaic_file
from metrics.presentation.figures import PageFigure
from metrics.presentation.model_summary import ModelSummary
from metrics.presentation.scored_space import ScoredSpace
from metrics.presentation.scoring import Scoring
from metrics.report.page import page
from metrics.report.referee import ReportReferee, judged
from transfer.models import Batch


@dataclass(frozen=True)
class Report:
    """A report of one EC space and the models behind it.

    Attributes:
        scored: what it shows.
        author: the name of the user who asked for it; empty on the command line.

    """

    scored: ScoredSpace
    author: str = ""

    @property
    def simulated(self) -> bool:
        """Whether simulated votes were among those that a model was fitted to."""
        return self.scored.simulated

    @cached_property
    def models(self) -> list[ModelSummary]:
        """The E- and the C-model."""
        return [ModelSummary(scoring, svg) for scoring in self.scored.scorings.values()]

    @cached_property
    def means(self) -> list[PageFigure]:
        """The means of methods, by their scores and within content and style."""
        plots = (self.scored.means, self.scored.means_within)
        return [PageFigure(plot, svg) for plot in plots if plot]

    @cached_property
    def scatter(self) -> PageFigure:
        """The scatter of all stimuli."""
        return PageFigure(self.scored.scatter, svg)

    @cached_property
    def families(self) -> list[PageFigure]:
        """One scatter for each family of methods."""
        return [PageFigure(plot, svg, source=self.scatter.id) for plot in self.scored.families]

    @cached_property
    def referees(self) -> list[ReportReferee]:
        """What the votes behind each model say of the statistics."""
        return [judged(target, scoring) for target, scoring in self.scored.scorings.items()]

    def write(self, folder: Path) -> Path:
        """Write every file, the page last.

        Returns:
            The path of the page.

        Raises:
            InputError: the folder cannot be written.

        """
        scored = self.scored
        rows = table(scored.space)
        text = page(scored, self.models, self.means, self.scatter, self.families, self.referees)
        make_folder(folder)
        scores = scored.frame.assign(votes="simulated") if self.simulated else scored.frame
        write_text(to_csv(scores), folder / "scores.csv")
        write_text(to_csv(scored.cells), folder / "cells.csv")
        write_text(table_csv(rows, "simulated" if self.simulated else ""), folder / "table.csv")
        write_text(table_markdown(rows, scored.note), folder / "table.md")
        write_text(table_latex(rows, scored.note), folder / "table.tex")
        diagnostics = [each for model in self.models for each in model.figures]
        for figure in (*self.means, self.scatter, *self.families, *diagnostics):
            _write_figure(figure, folder)
        write_bytes(mosaic_file(scored, "png"), folder / "mosaic.png")
        for target, scoring in scored.scorings.items():
            _write_json(scoring.model.to_json(), folder / f"model-{target}.json")
        for each in self.referees:
            for name, content in each.files(FORMATS).items():
                write_bytes(content, folder / name)
            _write_json(each.to_json(), folder / f"{each.name}.json")
        _write_json(self._summary(rows), folder / "ecspace.json")
        path = folder / "index.html"
        write_text(text, path)
        return path

    def _summary(self, rows: list[dict[str, Any]]) -> dict[str, Any]:
        scored, space, stability = self.scored, self.scored.space, self.scored.stability
        variances = {
            target: variance_explained(space.frame, f"{target}_score") for target in ("E", "C")
        }
        return {
            "simulated": self.simulated,
            "made_at": timezone.now().isoformat(timespec="seconds"),
            "made_by": self.author,
            "batches": [batch.name for batch in scored.batches],
            "models": {target: scoring.label for target, scoring in scored.scorings.items()},
            "verdicts": {
                target: scoring.verdict.to_json() if scoring.verdict else None
                for target, scoring in scored.scorings.items()
            },
            "calibrations": sorted(
                scoring.calibration.pk
                for scoring in scored.scorings.values()
                if scoring.calibration
            ),
            "foreign_instruments": scored.instrument_mismatches,
            "bins": space.bins,
            "stimuli": len(space.frame),
            "unscored": space.unscored,
            "counts": space.counts.tolist(),
            "E_cuts": list(space.E_cuts),
            "C_cuts": space.C_cuts.tolist(),
            "table": rows,
            "methods": scored.methods,
            "variance": {target: each and each.to_json() for target, each in variances.items()},
            "bootstrap_draws": stability.replicates if stability else None,
        }


def batches_of(scorings: dict[str, Scoring]) -> list[Batch]:
    """The batches whose stimuli were shown in the studies behind `scorings`.

    Raises:
        InputError: all models are published ones, which have no studies.

    """
    rows = [scoring.calibration for scoring in scorings.values() if scoring.calibration]
    batches = list(Batch.objects.filter(studies__calibrations__in=rows).distinct())
    if not batches:
        raise InputError("name the batch with --batch: published models belong to no batch")
    return batches


def _write_figure(figure: PageFigure, folder: Path) -> None:
    for name in FORMATS:
        drawn = figure.svg if name == "svg" else None  # the page holds the SVG already
        content = render(static_figure(figure.plot), name) if drawn is None else drawn
        write_bytes(content, folder / f"{figure.plot.key}.{name}")


def _write_json(value: Any, path: Path) -> None:
    write_text(json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False), path)
