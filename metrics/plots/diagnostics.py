"""Diagnostic figures of a model: its calibration curve, and method abilities against scores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from metrics.plots.data import Line, Plot, Points, span
from metrics.plots.marks import PALETTE, Mark, marks


def curve_plot(rows: Sequence[Mapping[str, float]], *, note: str = "") -> Plot | None:
    """Observed against predicted preference with 95 % intervals; the dotted line marks equality.

    Args:
        rows: the result of `metrics.calibration.diagnostics.curve`.
        note: an addition to the title.

    Returns:
        None without rows.

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
    """Each method's mean score by the model against its ability by votes alone.

    Both are log odds relative to the average method, so the dotted line marks equality.

    Args:
        rows: the result of `metrics.calibration.method_scores.compare`.
        note: an addition to the title.

    Returns:
        None for fewer than two methods with both values.

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
    """The interval of a value, or the value twice if it has none."""
    low, high = row[f"{name}_interval"] or (row[name], row[name])
    return float(low), float(high)
