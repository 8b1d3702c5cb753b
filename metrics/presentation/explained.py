"""A model with all that speaks for and against it, ready for a page or a report."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from common.errors import InputError
from metrics.calibration.method_scores import agreement, compare
from metrics.measurements.table import columns, statistics_frame, usual_instruments
from metrics.plots import Plot, curve_plot, methods_plot
from metrics.presentation.figures import Figure
from metrics.presentation.space import Scoring, coefficient_rows
from transfer.models import Stimulus

if TYPE_CHECKING:
    import pandas as pd

    from metrics.calibration.export import Model
    from metrics.models import Calibration

SIMULATED = "simulated votes"


@dataclass(frozen=True)
class Explained:
    """What a page shows of one model. Published models have terms only.

    stills: figures come with a still picture.
    """

    scoring: Scoring
    stills: bool = False

    @property
    def model(self) -> Model:
        """The model."""
        return self.scoring.model

    @property
    def details(self) -> dict[str, Any]:
        """Everything else of its export."""
        return self.model.details

    @property
    def note(self) -> str:
        """What figures say where votes are simulated."""
        return SIMULATED if self.model.simulated else ""

    @property
    def coefficients(self) -> list[dict[str, Any]]:
        """One row per term, with errors by probit's scale and by two-way clusters beside it."""
        checks = self.details.get("diagnostics") or {}
        probit = (checks.get("thurstone") or {}).get("coefficients", {})
        ratio = (checks.get("thurstone") or {}).get("logit_to_probit", {})
        return [
            row | {"probit": probit.get(row["term"]), "ratio": ratio.get(row["term"])}
            for row in coefficient_rows(self.model)
        ]

    @property
    def two_way(self) -> list[dict[str, Any]]:
        """Errors with a second clustering, one row per clustering."""
        found = (self.details.get("diagnostics") or {}).get("two_way") or {}
        return [
            each | {"name": name, "errors": [each["std_errors"].get(t) for t in self.model.terms]}
            for name, each in found.items()
        ]

    @property
    def between(self) -> list[tuple[str, float]]:
        """Which part of each term's error more votes of the same people cannot reduce."""
        power = (self.details.get("diagnostics") or {}).get("power") or {}
        return [(term, power["between"][term]) for term in self.model.terms] if power else []

    @property
    def candidates(self) -> list[dict[str, Any]]:
        """The selection table, whole, and which rules choose each row."""
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
        """Methods by votes alone, beside the model's mean score; none for published models."""
        if self.scoring.calibration is None:
            return []
        return compare(self.model, statistics_of(self.scoring.calibration))

    @property
    def correlation(self) -> float | None:
        """Of abilities and mean scores over methods."""
        return agreement(self.methods)

    @property
    def wins(self) -> list[dict[str, Any]]:
        """The win matrix, methods in the order of `methods`: how often row beat column."""
        ranking = self.details.get("methods")
        if not ranking:
            return []
        place = {name: at for at, name in enumerate(ranking["methods"])}
        order = [row["method"] for row in self.methods]
        matrix = ranking["wins"]
        return [
            {
                "method": one,
                "cells": [
                    None
                    if one == other
                    else _duel(matrix[place[one]][place[other]], matrix[place[other]][place[one]])
                    for other in order
                ],
            }
            for one in order
        ]

    @cached_property
    def curve(self) -> Figure | None:
        """The calibration curve."""
        rows = (self.details.get("diagnostics") or {}).get("curve") or []
        return self._figure(curve_plot(rows, note=self.note))

    @cached_property
    def methods_figure(self) -> Figure | None:
        """Methods: votes alone against the model."""
        return self._figure(methods_plot(self.methods, note=self.note))

    def _figure(self, plot: Plot | None) -> Figure | None:
        """Tell the figure from that of another model on the same page."""
        if plot is None:
            return None
        target = self.model.target
        own = replace(plot, key=f"{target}-{plot.key}", title=f"{target}-model · {plot.title}")
        return Figure(own, self.stills)


def statistics_of(calibration: Calibration) -> pd.DataFrame:
    """The statistics of the stimuli that a calibration's votes are about, as it was fitted to them.

    Without rows where its instruments have measured none of them any more.
    """
    import pandas as pd

    stimuli = Stimulus.objects.filter(studies__in=calibration.studies.all()).distinct()
    wanted = usual_instruments(stimuli) | calibration.exported.instruments
    try:
        return statistics_frame(stimuli, wanted)
    except InputError:
        return pd.DataFrame(columns=columns())


def _duel(won: float, lost: float) -> dict[str, float | None]:
    """won: votes, a tie ½. share: of the votes on these two, None without any; shade: 0 … 10."""
    votes = won + lost
    share = won / votes if votes else None
    shade = 0 if share is None else round(10 * share)
    return {"won": won, "votes": votes, "share": share, "shade": shade}
