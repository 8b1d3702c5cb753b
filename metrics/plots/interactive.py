"""Plots as plotly's JSON. The page sets the colours of text and background, light or dark."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from html import escape
from math import log10
from typing import Any

from metrics.plots.data import Bars, Plot, Points
from metrics.plots.labels import printable, wrapped

_NAME_COLUMNS, _TITLE_COLUMNS, _ROW_COLUMNS = 50, 110, 20
_MANY = 1000
"""Points from which on coordinates are rounded, to keep the page small."""
_STEPS = 5
"""Digits that rounded coordinates have for the range of their axis: finer than a pixel."""


def plotly_figure(plot: Plot, source: str = "") -> dict[str, Any]:
    """A plot as plotly's JSON.

    Args:
        plot: the content.
        source: id of the figure on the same page that holds the coordinates of all stimuli; a
            trace then names in `from` the methods whose points it takes from there.

    """
    plot = _rounded(plot)
    return {
        **({"source": source} if source else {}),
        "data": [trace for group in plot.groups for trace in _traces(group, bool(source))],
        "layout": {
            "title": {"text": _text(plot.title, _TITLE_COLUMNS)},
            "xaxis": {
                "title": {"text": _text(plot.x_label, _TITLE_COLUMNS)},
                "range": plot.x_range,
                "zeroline": False,
            },
            "yaxis": {
                **_y_labels(plot),
                "range": plot.y_range,
                "zeroline": False,
            },
            "shapes": [
                {
                    "type": "line",
                    "layer": "below",
                    "x0": line.x0,
                    "y0": line.y0,
                    "x1": line.x1,
                    "y1": line.y1,
                    "line": {
                        "width": 1.5 if line.solid else 1,
                        "dash": "solid" if line.solid else "dot",
                        "color": "#808080",
                    },
                }
                for line in plot.lines
            ],
            "showlegend": not plot.rows,
            "legend": {"orientation": "h", "yanchor": "top", "y": -0.2},
            "hovermode": "closest",
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
        },
    }


def _y_labels(plot: Plot) -> dict[str, Any]:
    """The title of the vertical axis, or the names of its rows, which need no title."""
    if not plot.rows:
        return {"title": {"text": _text(plot.y_label, _TITLE_COLUMNS)}}
    return {
        "title": {"text": ""},
        "tickvals": [height for height, _ in plot.rows],
        "ticktext": [_text(name, _ROW_COLUMNS) for _, name in plot.rows],
    }


def _text(text: str, columns: int) -> str:
    """A label for plotly, which interprets some HTML in texts and does not break lines."""
    return "<br>".join(escape(line, quote=False) for line in wrapped(printable(text), columns))


def _traces(group: Points, by_name: bool) -> Iterator[dict[str, Any]]:
    mark = group.mark
    name = _text(group.method, _NAME_COLUMNS)
    trace: dict[str, Any] = {
        "type": "scatter",
        "mode": "markers",
        "name": name,
        "legendgroup": group.method,
        "marker": {
            "color": mark.colour,
            "symbol": mark.symbol,
            "size": 5 if group.faint else 9,
            "opacity": 0.45 if group.faint else 0.85,
            "line": {"width": 1.5 if mark.hollow else 0.5},
        },
        "hovertemplate": "%{x:.3f}, %{y:.3f}",
    }
    if by_name and group.stimuli:
        points: dict[str, Any] = {"from": list(group.members or [group.method])}
    else:
        points = {"x": group.x, "y": group.y}
        if group.stimuli:
            points |= {"customdata": group.stimuli}
    if group.stimuli:
        trace["hovertemplate"] = "C %{x:.3f}, E %{y:.3f}"
    if group.named:
        trace |= {"mode": "markers+text", "text": name, "textposition": group.named}
    for axis, values, bars in (("x", group.x, group.x_bars), ("y", group.y, group.y_bars)):
        if bars:
            trace[f"error_{axis}"] = _error(values, bars)
    yield trace | points
    if group.mean:
        yield trace | {
            "x": [group.mean[0]],
            "y": [group.mean[1]],
            "customdata": [None],
            "marker": trace["marker"] | {"size": 17, "opacity": 1, "line": {"width": 2}},
            "hovertemplate": "mean C %{x:.3f}, mean E %{y:.3f}",
            "showlegend": False,
        }


def _rounded(plot: Plot) -> Plot:
    """The plot with coordinates that need less space, if it has many points."""
    if sum(len(group.x) for group in plot.groups) < _MANY:
        return plot
    x, y = (_STEPS - round(log10(high - low)) for low, high in (plot.x_range, plot.y_range))
    groups = (
        replace(
            group,
            x=[round(value, x) for value in group.x],
            y=[round(value, y) for value in group.y],
        )
        for group in plot.groups
    )
    return replace(plot, groups=tuple(groups))


def _error(values: list[float], bars: Bars) -> dict[str, Any]:
    pairs = list(zip(values, bars, strict=True))
    return {
        "type": "data",
        "symmetric": False,
        "array": [high - value for value, (_, high) in pairs],
        "arrayminus": [value - low for value, (low, _) in pairs],
        "thickness": 1.2,
        "width": 3,
    }
