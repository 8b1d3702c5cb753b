"""An EC space with all that a page or a report shows of it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from metrics.ecspace.grid import ECSpace, ecspace
from metrics.ecspace.pareto import method_rows
from metrics.ecspace.variance import FACTORS, variance_explained
from metrics.plots import family_plots, mosaic_figure, plot_data, render
from metrics.presentation.cells import pictures
from metrics.presentation.explained import SIMULATED
from metrics.presentation.figures import Figure
from metrics.presentation.space import Scoring, scored_frame, space_stability, stimuli_of

if TYPE_CHECKING:
    import pandas as pd

    from metrics.calibration.stability import Stability
    from transfer.models import Batch

SCORES = ("E_score", "C_score")


@dataclass(frozen=True)
class ShownSpace:
    """Batches, scored by two models, cut into cells. stills: figures come with a picture."""

    batches: list[Batch]
    scorings: dict[str, Scoring]
    bins: str = "independent"
    stills: bool = False

    @property
    def simulated(self) -> bool:
        """Whether simulated votes stand behind any score."""
        return any(each.simulated for each in self.scorings.values())

    @property
    def note(self) -> str:
        """What every figure and table says where votes are simulated."""
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
    def sure(self) -> Stability | None:
        """How sure places in it are."""
        stimuli = stimuli_of(self.batches)
        return space_stability(self.space, self.frame, stimuli, self.scorings)

    @property
    def cells(self) -> pd.DataFrame:
        """Each stimulus' scores and thirds; with draws of the models their 95 % intervals against
        the mean stimulus, and the share of draws in which the stimulus stays in its cell.
        """
        wanted = ["stimulus", "method", *SCORES, "E_third", "C_third"]
        frame, sure = self.space.frame[wanted], self.sure
        if sure is not None:
            frame = frame.assign(
                E_low=sure.E[:, 0],
                E_high=sure.E[:, 1],
                C_low=sure.C[:, 0],
                C_high=sure.C[:, 1],
                stays=sure.cell,
            )
        return frame.assign(votes="simulated") if self.simulated else frame

    @cached_property
    def scatter(self) -> Figure:
        """All stimuli."""
        return Figure(plot_data(self.space, note=self.note), self.stills)

    @cached_property
    def families(self) -> list[Figure]:
        """The scatter by families of methods."""
        plots = family_plots(self.space, note=self.note)
        return [Figure(plot, self.stills) for plot in plots]

    @cached_property
    def methods(self) -> list[dict[str, Any]]:
        """Methods with their mean scores."""
        return method_rows(self.space, self.sure)

    @cached_property
    def variance(self) -> dict[str, Any]:
        """The table of variance explained: factors, and a row for each score."""
        found = {score: variance_explained(self.space.frame, score) for score in SCORES}
        known = {score: each for score, each in found.items() if each}
        parts = {score: {p.factor: p for p in each.parts} for score, each in known.items()}
        factors = [name for name in FACTORS if any(name in own for own in parts.values())]
        return {
            "factors": factors,
            "rows": [
                {
                    "score": score.replace("_score", ""),
                    "parts": [parts[score].get(name) for name in factors],
                    "rest": each.rest,
                }
                for score, each in known.items()
            ],
        }

    @cached_property
    def instruments(self) -> dict[str, list[str]]:
        """What measured E and C."""
        return {
            key: sorted(self.frame[f"instrument_{key}"].dropna().unique()) for key in ("E", "C")
        }

    @property
    def foreign(self) -> list[dict[str, str]]:
        """Models that score numbers of another instrument than they were fitted to."""
        return [
            {"target": target, "statistic": key, "fitted": fitted, "measured": measured}
            for target, scoring in self.scorings.items()
            for key, fitted in scoring.model.instruments.items()
            for measured in self.instruments[key]
            if measured != fitted and not scoring.instruments_for(stimuli_of(self.batches)).get(key)
        ]

    def file(self, key: str, file_format: str) -> bytes | None:
        """One figure as a file: the mosaic, or a plot by its key; None where there is no such."""
        if key == "mosaic":
            return render(mosaic_figure(pictures(self.space), self.mosaic_title), file_format)
        for figure in (self.scatter, *self.families):
            if figure.plot.key == key:
                return figure.file(file_format)
        return None

    @property
    def mosaic_title(self) -> str:
        """The mosaic's title."""
        title = f"Stimuli in the EC space · {self.bins} thirds"
        return f"{title} · {self.note}" if self.note else title
