"""The figure of the referee's page: the share of votes that each statistic predicts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metrics.plots.data import Line, Plot, Points, span
from metrics.plots.marks import marks

if TYPE_CHECKING:
    from metrics.calibration.referee.judgement import Judgement


def accuracy_plot(judgement: Judgement) -> Plot | None:
    """Accuracy across, the order of statistics upwards, best on top; None without an accuracy.

    Bars are the intervals for other people and other stimuli; dotted lines mark chance and the
    majority of the other people.
    """
    rows = [finding for finding in judgement.findings if finding.accuracy is not None]
    if not rows:
        return None
    look = marks([finding.candidate.name for finding in rows])
    ends = [0.5, *(float(finding.accuracy or 0.5) for finding in rows)]
    groups = []
    for place, finding in enumerate(rows):
        accuracy = float(finding.accuracy or 0.0)
        low, high = finding.accuracy_interval_stimuli or (accuracy, accuracy)
        ends += [low, high]
        groups.append(
            Points(
                method=finding.candidate.name,
                mark=look[finding.candidate.name],
                x=[accuracy],
                y=[float(len(rows) - place)],
                x_bars=[(low, high)],
            )
        )
    top = len(rows) + 0.7
    limits = [0.5]
    if judgement.ceiling.majority is not None:
        limits.append(judgement.ceiling.majority)
        ends.append(judgement.ceiling.majority)
    return Plot(
        key="referee",
        title=judgement.title,
        groups=tuple(groups),
        lines=tuple(Line(limit, 0.3, limit, top) for limit in limits),
        x_range=span(ends),
        y_range=(0.3, top),
        x_label="share of votes predicted, with 95 % intervals",
        y_label="statistics, best on top",
        rows=tuple((group.y[0], group.method) for group in groups),
    )
