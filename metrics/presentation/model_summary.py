"""A fitted model with its diagnostics, prepared for a page or a report."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import pandas as pd

from common.errors import InputError
from metrics.calibration.export import Model
from metrics.calibration.method_scores import agreement, compare
from metrics.calibration.verdict import Verdict
from metrics.measurements.table import columns, statistics_frame, usual_instruments
from metrics.models import Calibration
from metrics.plots.data import Plot
from metrics.plots.diagnostics import curve_plot, methods_plot
from metrics.presentation.figures import PageFigure, Renderer
from metrics.presentation.scoring import SIMULATED, Scoring
from transfer.models import Stimulus


@dataclass(frozen=True)
class ModelSummary:
    """The content of a page or report about one model. Published models have coefficients only.

    Attributes:
        scoring: the model and its name.
        renderer: draws the static images of the figures; None leaves them out.
        address_of: the address of the SVG of a figure, by its key; None if there are no such files.

    """

    scoring: Scoring
    renderer: Renderer | None = None
    address_of: Callable[[str], str] | None = None

    @property
    def model(self) -> Model:
        """The model."""
        return self.scoring.model

    @property
    def details(self) -> dict[str, Any]:
        """The rest of its export: fit, intervals, selection, diagnostics."""
        return self.model.details

    @property
    def verdict(self) -> Verdict | None:
        """Whether conclusions may be drawn from the model; None for a published one."""
        return self.scoring.verdict

    @property
    def note(self) -> str:
        """An addition to titles of figures and tables if votes are simulated."""
        return SIMULATED if self.model.simulated else ""

    @property
    def coefficients(self) -> list[dict[str, Any]]:
        """One row per term: coefficient, clustered and naive error, interval, probit fit."""
        details, model = self.details, self.model
        probit = self._diagnostics.get("thurstone") or {}
        return [
            {
                "term": term,
                "coefficient": model.coefficients[term],
                "error": model.std_errors[term],
                "naive": details.get("naive_std_errors", {}).get(term),
                "interval": details.get("intervals", {}).get(term, [None, None]),
                "separated": term in details.get("separated", []),
                "probit": probit.get("coefficients", {}).get(term),
                "ratio": probit.get("logit_to_probit", {}).get(term),
            }
            for term in model.terms
        ]

    @property
    def two_way(self) -> list[dict[str, Any]]:
        """Errors clustered by participant and one more factor, one row per factor."""
        found = self._diagnostics.get("two_way") or {}
        rows = []
        for name, each in found.items():
            errors = [each["std_errors"].get(term) for term in self.model.terms]
            known = any(error is not None for error in errors)
            rows.append(each | {"name": name, "errors": errors, "known": known})
        return rows

    @property
    def between(self) -> list[tuple[str, float]]:
        """Term → share of its variance that only further participants can reduce, 0 … 1."""
        power = self._diagnostics.get("power") or {}
        return [(term, power["between"][term]) for term in self.model.terms] if power else []

    @property
    def candidates(self) -> list[dict[str, Any]]:
        """The rows of the selection table, each with the rules that choose it."""
        table = self.details.get("selection")
        if not table:
            return []
        rules = {
            "chosen": table["chosen"],
            "BIC": table["by_BIC"],
            "one standard error": table["by_one_standard_error"],
        }
        return [
            row | {"rules": [rule for rule, terms in rules.items() if terms == row["terms"]]}
            for row in table["candidates"]
        ]

    @cached_property
    def methods(self) -> list[dict[str, Any]]:
        """Each method's ability by votes alone and its mean score; empty for published models."""
        if self.scoring.calibration is None:
            return []
        return compare(self.model, statistics_of(self.scoring.calibration))

    @property
    def correlation(self) -> float | None:
        """The correlation of abilities and mean scores over methods."""
        return agreement(self.methods)

    @property
    def wins(self) -> list[dict[str, Any]]:
        """The win matrix in the order of `methods`: how often the row's method was preferred."""
        ranking = self.details.get("methods")
        if not ranking:
            return []
        index = {name: place for place, name in enumerate(ranking["methods"])}
        order = [row["method"] for row in self.methods]
        wins = ranking["wins"]
        return [
            {
                "method": one,
                "cells": [
                    None
                    if one == other
                    else _win_share(wins[index[one]][index[other]], wins[index[other]][index[one]])
                    for other in order
                ],
            }
            for one in order
        ]

    @cached_property
    def curve(self) -> PageFigure | None:
        """The calibration curve."""
        rows = self._diagnostics.get("curve") or []
        return self._figure(curve_plot(rows, note=self.note))

    @cached_property
    def methods_figure(self) -> PageFigure | None:
        """Ability by votes alone against mean score, for each method."""
        return self._figure(methods_plot(self.methods, note=self.note))

    @property
    def figures(self) -> list[PageFigure]:
        """All figures."""
        return [each for each in (self.curve, self.methods_figure) if each]

    @property
    def _diagnostics(self) -> dict[str, Any]:
        return self.details.get("diagnostics") or {}

    def _figure(self, plot: Plot | None) -> PageFigure | None:
        """The figure, its key and title marked with the target: a page may show both models."""
        if plot is None:
            return None
        target = self.model.target
        own = replace(plot, key=f"{target}-{plot.key}", title=f"{target}-model · {plot.title}")
        address = self.address_of(own.key) if self.address_of else ""
        return PageFigure(own, self.renderer, address)


def statistics_of(calibration: Calibration) -> pd.DataFrame:
    """The statistics of the stimuli of a calibration's studies, by the calibration's instruments.

    The table has no rows if its instruments have measured none of the stimuli.
    """
    stimuli = Stimulus.objects.filter(studies__in=calibration.studies.all()).distinct()
    wanted = usual_instruments(stimuli) | calibration.exported.instruments
    try:
        return statistics_frame(stimuli, wanted)
    except InputError:
        return pd.DataFrame(columns=columns())


def _win_share(won: float, lost: float) -> dict[str, float | None]:
    """`won`: votes, a tie counts ½; `share`: 0 … 1, None without votes; `shade`: 0 … 10."""
    votes = won + lost
    share = won / votes if votes else None
    shade = 0 if share is None else round(10 * share)
    return {"won": won, "votes": votes, "share": share, "shade": shade}
