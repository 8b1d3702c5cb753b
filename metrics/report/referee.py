"""The referee in a report: what the votes behind a model say of every measured statistic."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from common.errors import InputError
from metrics.calibration.referee.judgement import Judgement
from metrics.measurements.refereeing import judge_statistics
from metrics.measurements.table import instruments
from metrics.plots.accuracy import accuracy_plot
from metrics.plots.referee import accuracy_figure
from metrics.plots.static import render
from metrics.presentation.figures import PageFigure
from metrics.presentation.learnt_summary import LearntSummary, learnt_summary
from metrics.presentation.scoring import Scoring
from transfer.models import Stimulus

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class ReportReferee:
    """The referee's answer of one target, or the reason why there is none.

    Attributes:
        target: E or C.
        judgement: None where the model has no votes, or where they give no answer.
        reason: why there is no judgement; empty where there is one.
        learnt: the referees that were learnt from votes of the model's studies.

    """

    target: str
    judgement: Judgement | None
    reason: str = ""
    learnt: tuple[LearntSummary, ...] = ()

    @property
    def name(self) -> str:
        """The name of its files."""
        return f"referee-{self.target}"

    @cached_property
    def print_figure(self) -> Figure | None:
        """The figure for print; None without an accuracy."""
        return accuracy_figure(self.judgement) if self.judgement else None

    @cached_property
    def figure(self) -> PageFigure | None:
        """The figure of the page, whose static image is the figure for print."""
        plot = accuracy_plot(self.judgement) if self.judgement else None
        drawn = self.print_figure
        if plot is None or drawn is None:
            return None
        return PageFigure(replace(plot, key=self.name), lambda _: render(drawn, "svg"))

    def files(self, formats: Iterable[str]) -> dict[str, bytes]:
        """Name → content of the figure for print in each format; none without an accuracy."""
        drawn = self.print_figure
        return {f"{self.name}.{name}": render(drawn, name) for name in formats} if drawn else {}

    def to_json(self) -> dict[str, Any]:
        """The export of the judgement, or the reason why there is none."""
        if self.judgement is None:
            return {"target": self.target, "statistics": [], "reason": self.reason}
        return self.judgement.to_json()


def judged(target: str, scoring: Scoring) -> ReportReferee:
    """Judge what the stimuli of a model's studies were measured with by the studies' votes.

    Simulated votes count where the model was fitted to them. Where several instruments have
    measured E or C, the model's own one is judged.
    """
    if scoring.calibration is None:
        return ReportReferee(target, None, "the model is a published one, without votes here")
    studies = list(scoring.calibration.studies.all())
    if not studies:
        return ReportReferee(target, None, "the studies behind the model are not on this site")
    stimuli = Stimulus.objects.filter(studies__in=studies).distinct()
    own = {
        key: name
        for key, name in scoring.model.instruments.items()
        if name in instruments(stimuli, key)
    }
    learnt = tuple(each for study in studies if (each := learnt_summary(study)))
    try:
        judgement = judge_statistics(studies, instruments=own, include_simulated=scoring.simulated)
    except InputError as error:
        return ReportReferee(target, None, str(error), learnt)
    return ReportReferee(target, judgement, learnt=learnt)
