"""Figures that show whether to believe a model: its calibration, and methods against votes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from metrics.plots.data import Line, Plot, Points, span
from metrics.plots.marks import PALETTE, Mark, marks


def curve_plot(rows: Sequence[Mapping[str, float]], *, note: str = "") -> Plot | None:
    """Predicted against observed preference, with bands. On the dotted line they agree.

    rows: what `diagnostics.curve` gives. None where it gives nothing.
    """
    if not rows:
        return None
    votes = sum(int(row["votes"]) for row in rows)
    low = min(0.5, *(row["low"] for row in rows))
    title = f"Calibration curve: {votes} votes in {len(rows)} equal parts"
    return Plot(
        key="curve",
        title=f"{title} · {note}" if note else title,
        groups=(
            Points(
                method="votes, with 95 % intervals",
                mark=Mark(PALETTE[1], "circle", "o"),
                x=[row["predicted"] for row in rows],
                y=[row["observed"] for row in rows],
                y_bars=[(row["low"], row["high"]) for row in rows],
            ),
        ),
        lines=(Line(0.5, 0.5, 1.0, 1.0),),
        x_range=(0.48, 1.02),
        y_range=(low - 0.02, 1.02),
        x_label="predicted share for the favourite",
        y_label="observed share",
    )


def methods_plot(rows: Sequence[Mapping[str, Any]], *, note: str = "") -> Plot | None:
    """Each method's ability by votes alone against its mean score by the model.

    rows: from `metrics.calibration.method_scores.compare`. Both are log odds against the average
            method,
    so a model that explains the methods puts them on the dotted line. None for fewer than two.
    """
    known = [row for row in rows if row["ability"] is not None and row["score"] is not None]
    if len(known) < 2:
        return None
    look = marks([row["method"] for row in known])
    ends = [end for row in known for end in (*_bar(row, "ability"), *_bar(row, "score"))]
    x_range = y_range = span(ends)
    title = "Methods: votes alone against the model"
    return Plot(
        key="methods",
        title=f"{title} · {note}" if note else title,
        groups=tuple(
            Points(
                method=row["method"],
                mark=look[row["method"]],
                x=[row["ability"]],
                y=[row["score"]],
                x_bars=[_bar(row, "ability")],
                y_bars=[_bar(row, "score")],
            )
            for row in known
        ),
        lines=(Line(x_range[0], y_range[0], x_range[1], y_range[1]),),
        x_range=x_range,
        y_range=y_range,
        x_label="ability by votes alone (log odds)",
        y_label="mean score by the model (log odds)",
    )


def _bar(row: Mapping[str, Any], name: str) -> tuple[float, float]:
    """The interval of a value; the value itself where there is none."""
    low, high = row[f"{name}_interval"] or (row[name], row[name])
    return float(low), float(high)
