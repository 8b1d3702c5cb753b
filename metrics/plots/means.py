"""The means of methods with their intervals, and the Pareto front through the admissible ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from metrics.ecspace.pareto import front
from metrics.plots.data import Bars, Line, Plot, Points, span
from metrics.plots.marks import Mark, marks

_CROWDED = 6
"""Admissible methods whose names have room on one side."""
WITHIN = "_within"
"""The suffix of the columns of residuals."""


def means_plot(
    rows: Sequence[Mapping[str, Any]],
    *,
    suffix: str = "",
    usable: bool = True,
    note: str = "",
    axis_notes: Mapping[str, str] | None = None,
) -> Plot | None:
    """One point per method.

    Args:
        rows: of `metrics.ecspace.pareto.method_rows`.
        suffix: WITHIN for the means of residuals within content and style.
        usable: whether a front may be drawn.
        note: an addition to the title.
        axis_notes: target (E, C) → an addition to the title of its axis.

    Returns:
        None if no method has both means.

    """
    known = [row for row in rows if row[f"E{suffix}"] is not None and row[f"C{suffix}"] is not None]
    if not known:
        return None
    look = marks([str(row["method"]) for row in known])
    best = front(known, suffix) if usable else []  # type: ignore[arg-type]
    ends = {axis: [end for row in known for end in _ends(row, axis, suffix)] for axis in "EC"}
    x_range, y_range = span(ends["C"]), span(ends["E"])
    what = "mean scores within content and style" if suffix else "mean scores"
    on_axes = axis_notes or {}
    words = "score within pairs" if suffix else "score"
    return Plot(
        key="means-within" if suffix else "means",
        title=_noted(f"{len(known)} methods: {what}, 95 % intervals", note),
        groups=tuple(_point(row, suffix, look, _side(str(row["method"]), best)) for row in known),
        lines=_front_lines([_place(row, suffix) for row in _named(known, best)], x_range, y_range),
        x_range=x_range,
        y_range=y_range,
        x_label=_noted(f"mean C {words} (content kept)", on_axes.get("C", "")),
        y_label=_noted(f"mean E {words} (style carried)", on_axes.get("E", "")),
    )


def _named(rows: Sequence[Mapping[str, Any]], names: Sequence[str]) -> list[Mapping[str, Any]]:
    by_name = {str(row["method"]): row for row in rows}
    return [by_name[name] for name in names]


def _place(row: Mapping[str, Any], suffix: str) -> tuple[float, float]:
    return float(row[f"C{suffix}"]), float(row[f"E{suffix}"])


def _ends(row: Mapping[str, Any], axis: str, suffix: str) -> tuple[float, ...]:
    interval = row[f"{axis}{suffix}_interval"]
    return tuple(interval) if interval else (float(row[f"{axis}{suffix}"]),)


def _point(row: Mapping[str, Any], suffix: str, look: Mapping[str, Mark], named: str) -> Points:
    x, y = _place(row, suffix)
    method = str(row["method"])
    return Points(
        method=method,
        mark=look[method],
        x=[x],
        y=[y],
        x_bars=_bars(row, "C", suffix),
        y_bars=_bars(row, "E", suffix),
        named=named,
    )


def _side(method: str, best: Sequence[str]) -> str:
    """Where the name of a method stands: admissible ones have no other to the upper right.

    Where many are admissible, the names of neighbours stand on different sides.
    """
    if method not in best:
        return ""
    crowded = len(best) > _CROWDED and best.index(method) % 2
    return "bottom left" if crowded else "top right"


def _bars(row: Mapping[str, Any], axis: str, suffix: str) -> Bars | None:
    interval = row[f"{axis}{suffix}_interval"]
    return [(interval[0], interval[1])] if interval else None


def _front_lines(
    points: Sequence[tuple[float, float]],
    x_range: tuple[float, float],
    y_range: tuple[float, float],
) -> tuple[Line, ...]:
    """The border of what the admissible methods dominate: steps from high E to high C."""
    lines = []
    x = x_range[0]
    for place, (right, height) in enumerate(points):
        below = points[place + 1][1] if place + 1 < len(points) else y_range[0]
        lines.append(Line(x, height, right, height, solid=True))
        lines.append(Line(right, height, right, below, solid=True))
        x = right
    return tuple(lines)


def _noted(title: str, note: str) -> str:
    return f"{title} · {note}" if note else title
