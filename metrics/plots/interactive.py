"""Plots as plotly's JSON. The page sets the colours of text and background, light or dark."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import Any

from metrics.plots.data import Bars, Plot, Points
from metrics.plots.labels import printable, wrapped

_NAME_COLUMNS, _TITLE_COLUMNS = 50, 110


def plotly_figure(plot: Plot) -> dict[str, Any]:
    """A plot as plotly's JSON."""
    return {
        "data": [trace for group in plot.groups for trace in _traces(group)],
        "layout": {
            "title": {"text": _text(plot.title, _TITLE_COLUMNS)},
            "xaxis": {
                "title": {"text": _text(plot.x_label, _TITLE_COLUMNS)},
                "range": plot.x_range,
                "zeroline": False,
            },
            "yaxis": {
                "title": {"text": _text(plot.y_label, _TITLE_COLUMNS)},
                "range": plot.y_range,
                "zeroline": False,
            },
            "shapes": [
                {
                    "type": "line",
                    "x0": line.x0,
                    "y0": line.y0,
                    "x1": line.x1,
                    "y1": line.y1,
                    "line": {"width": 1, "dash": "dot", "color": "#808080"},
                }
                for line in plot.lines
            ],
            "showlegend": True,
            "legend": {"orientation": "h", "yanchor": "top", "y": -0.2},
            "hovermode": "closest",
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
        },
    }


def _text(text: str, columns: int) -> str:
    """A label for plotly, which interprets some HTML in texts and does not break lines."""
    return "<br>".join(escape(line, quote=False) for line in wrapped(printable(text), columns))


def _traces(group: Points) -> Iterator[dict[str, Any]]:
    mark = group.mark
    trace: dict[str, Any] = {
        "type": "scatter",
        "mode": "markers",
        "name": _text(group.method, _NAME_COLUMNS),
        "legendgroup": group.method,
        "x": group.x,
        "y": group.y,
        "marker": {
            "color": mark.colour,
            "symbol": mark.symbol,
            "size": 5 if group.faint else 9,
            "opacity": 0.45 if group.faint else 0.85,
            "line": {"width": 1.5 if mark.hollow else 0.5},
        },
        "hovertemplate": "%{x:.3f}, %{y:.3f}",
    }
    if group.stimuli:
        trace |= {"customdata": group.stimuli, "hovertemplate": "C %{x:.3f}, E %{y:.3f}"}
    for axis, values, bars in (("x", group.x, group.x_bars), ("y", group.y, group.y_bars)):
        if bars:
            trace[f"error_{axis}"] = _error(values, bars)
    yield trace
    if group.mean:
        yield trace | {
            "x": [group.mean[0]],
            "y": [group.mean[1]],
            "customdata": [None],
            "marker": trace["marker"] | {"size": 17, "opacity": 1, "line": {"width": 2}},
            "hovertemplate": "mean C %{x:.3f}, mean E %{y:.3f}",
            "showlegend": False,
        }


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
