"""An EC space of the database with everything that a page or a report shows of it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd

from metrics.calibration.stability import Stability
from metrics.ecspace.grid import ECSpace, ecspace
from metrics.ecspace.pareto import method_rows
from metrics.ecspace.variance import FACTORS, variance_explained
from metrics.measurements.set_levels import kept_set_level
from metrics.plots.data import Plot
from metrics.plots.means import WITHIN, means_plot
from metrics.plots.space import family_plots, plot_data
from metrics.presentation.kept import kept, space_key
from metrics.presentation.scoring import (
    SIMULATED,
    Scoring,
    scored_frame,
    space_stability,
    stimuli_of,
)
from transfer.models import Batch

SCORES = ("E_score", "C_score")


@dataclass(frozen=True)
class ScoredSpace:
    """The finished stimuli of batches, scored by an E- and a C-model and divided into cells."""

    batches: list[Batch]
    scorings: dict[str, Scoring]
    bins: str = "independent"

    @property
    def simulated(self) -> bool:
        """Whether simulated votes were among those that a model was fitted to."""
        return any(scoring.simulated for scoring in self.scorings.values())

    @property
    def note(self) -> str:
        """An addition to titles of figures and tables if votes are simulated."""
        return SIMULATED if self.simulated else ""

    @property
    def usable(self) -> bool:
        """Whether the verdict on neither model is that it is not usable."""
        return not self.unusable

    @property
    def unusable(self) -> list[str]:
        """The targets, E or C, whose model is not usable."""
        return [
            target
            for target, scoring in self.scorings.items()
            if scoring.verdict and not scoring.verdict.usable
        ]

    @property
    def axis_notes(self) -> dict[str, str]:
        """Target → what the title of its axis adds: the verdict, unless it is trustworthy."""
        judged = {target: scoring.verdict for target, scoring in self.scorings.items()}
        return {
            target: f"model {each.level}"
            for target, each in judged.items()
            if each and each.level != "trustworthy"
        }

    @cached_property
    def key(self) -> str:
        """A key of everything that the space is computed from."""
        return space_key(self.batches, self.scorings, self.bins, self.set_level)

    @cached_property
    def set_level(self) -> dict[str, Any]:
        """Set-level metrics that were computed for the batch; empty if there are none."""
        return kept_set_level(self.batches)

    @cached_property
    def frame(self) -> pd.DataFrame:
        """The columns of SCORES.csv."""
        return kept(
            f"frame-{self.key}", lambda: scored_frame(stimuli_of(self.batches), self.scorings)
        ).copy()

    @cached_property
    def space(self) -> ECSpace:
        """The grid."""
        return ecspace(self.frame, self.bins)

    @cached_property
    def stability(self) -> Stability | None:
        """The uncertainty of positions in the space from the sample of participants."""
        # In a list, since an unknown stability is kept, too.
        return kept(
            f"stability-{self.key}",
            lambda: [
                space_stability(self.space, self.frame, stimuli_of(self.batches), self.scorings)
            ],
        )[0]

    @property
    def cells(self) -> pd.DataFrame:
        """The columns of cells.csv: scores and thirds of each stimulus.

        With bootstrap draws of both models also the 95 % intervals of the scores relative to the
        mean stimulus, and the share of draws in which the stimulus stays in its cell.
        """
        wanted = ["stimulus", "method", *SCORES, "E_third", "C_third"]
        frame, stability = self.space.frame[wanted], self.stability
        if stability is not None:
            frame = frame.assign(
                E_low=stability.E[:, 0],
                E_high=stability.E[:, 1],
                C_low=stability.C[:, 0],
                C_high=stability.C[:, 1],
                stays=stability.cell,
            )
        return frame.assign(votes="simulated") if self.simulated else frame

    @cached_property
    def scatter(self) -> Plot:
        """All stimuli."""
        return plot_data(self.space, note=self.note, axis_notes=self.axis_notes)

    @cached_property
    def families(self) -> tuple[Plot, ...]:
        """One scatter for each family of methods."""
        return family_plots(self.space, note=self.note, axis_notes=self.axis_notes)

    @cached_property
    def means(self) -> Plot | None:
        """The means of the methods with intervals; those of the scores."""
        return self._means("")

    @cached_property
    def means_within(self) -> Plot | None:
        """The means of the methods with intervals; those of the residuals within pairs."""
        return self._means(WITHIN)

    @property
    def plots(self) -> list[Plot]:
        """All figures."""
        means = [each for each in (self.means, self.means_within) if each]
        return [*means, self.scatter, *self.families]

    def _means(self, suffix: str) -> Plot | None:
        return means_plot(
            self.methods,
            suffix=suffix,
            usable=self.usable,
            note=self.note,
            axis_notes=self.axis_notes,
        )

    @cached_property
    def methods(self) -> list[dict[str, Any]]:
        """The methods with their mean scores, and with `set_level` metrics where there are any.

        These are left out where the batch has had other stimuli then.
        """
        rows = method_rows(self.space, self.stability, usable=self.usable)
        known = {(one["method"], one["stimuli"]): one for one in self.set_level.get("methods", ())}
        if known:
            for row in rows:
                row["set_level"] = known.get((row["method"], row["stimuli"]))
        return rows

    @cached_property
    def variance(self) -> dict[str, Any]:
        """The table of variance explained: factors, and a row for each score."""
        variances = {score: variance_explained(self.space.frame, score) for score in SCORES}
        known = {score: variance for score, variance in variances.items() if variance}
        parts = {score: {p.factor: p for p in each.parts} for score, each in known.items()}
        factors = [name for name in FACTORS if any(name in own for own in parts.values())]
        return {
            "factors": factors,
            "rows": [
                {
                    "score": score.replace("_score", ""),
                    "parts": [parts[score].get(name) for name in factors],
                    "rest": variance.rest,
                }
                for score, variance in known.items()
            ],
        }

    @cached_property
    def instruments(self) -> dict[str, list[str]]:
        """Statistic (E, C) → the instruments that measured it."""
        return {
            key: sorted(self.frame[f"instrument_{key}"].dropna().unique()) for key in ("E", "C")
        }

    @property
    def instrument_mismatches(self) -> list[dict[str, str]]:
        """The models that score numbers of another instrument than they were fitted to."""
        stimuli = stimuli_of(self.batches)
        return [
            {"target": target, "statistic": key, "fitted": fitted, "measured": measured}
            for target, scoring in self.scorings.items()
            for key, fitted in scoring.model.instruments.items()
            for measured in self.instruments[key]
            if measured != fitted and not scoring.instruments_for(stimuli).get(key)
        ]
