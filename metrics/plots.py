"""Figures of the EC space: the data of a plot once, drawn by plotly (pages) and matplotlib (files).

plotly's own static export needs a browser, so files are matplotlib's. Each method has one colour
and one symbol of its own, so that a figure can be read without colours.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .ecspace import ECSpace

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PALETTE = (
    "#e18700", "#872db4", "#00b4a5", "#d20f69", "#7878b4", "#1e6900", "#c300ff", "#b487ff",
)  # fmt: skip
"""Found by search: any two are at least 0.119 apart in OKLab as seen with normal sight and without
red, green or blue cones (Okabe & Ito's palette: 0.076), and all show on white and on dark."""
SYMBOLS = (
    ("circle", "o"), ("square", "s"), ("triangle-up", "^"), ("diamond", "D"), ("cross", "P"),
    ("triangle-down", "v"), ("x", "X"), ("star", "*"), ("triangle-left", "<"), ("pentagon", "p"),
    ("triangle-right", ">"), ("hexagon", "h"), ("diamond-tall", "d"), ("octagon", "8"),
)  # fmt: skip
"""Each symbol as plotly and as matplotlib name it. Hollow ones follow when these are used up."""
FORMATS = ("png", "svg", "pdf")


@dataclass(frozen=True)
class Mark:
    """How one method is drawn."""

    colour: str
    symbol: str
    marker: str
    hollow: bool = False


@dataclass(frozen=True)
class Points:
    """The stimuli of one method: x (C score), y (E score), and their names."""

    method: str
    mark: Mark
    x: list[float]
    y: list[float]
    stimuli: list[str]


@dataclass(frozen=True)
class Line:
    """A straight line from (x0, y0) to (x1, y1)."""

    x0: float
    y0: float
    x1: float
    y1: float


@dataclass(frozen=True)
class Plot:
    """All that a figure of the EC space shows."""

    title: str
    groups: tuple[Points, ...]
    lines: tuple[Line, ...]
    x_range: tuple[float, float]
    y_range: tuple[float, float]
    x_label: str = "C score (content kept)"
    y_label: str = "E score (style carried)"


def marks(methods: Sequence[str]) -> dict[str, Mark]:
    """Give each method its colour and symbol, the same for the same set in any order."""
    found = {}
    for place, method in enumerate(sorted(set(methods))):
        symbol, marker = SYMBOLS[place % len(SYMBOLS)]
        hollow = (place // len(SYMBOLS)) % 2 == 1
        symbol = f"{symbol}-open" if hollow else symbol
        found[method] = Mark(PALETTE[place % len(PALETTE)], symbol, marker, hollow)
    return found


def plot_data(space: ECSpace, *, note: str = "") -> Plot:
    """Prepare the scatter of all stimuli with the cuts between the thirds.

    note: words for the title, such as that the votes behind the scores are simulated.
    """
    frame = space.frame
    look = marks(frame["method"].tolist())
    groups = tuple(
        Points(
            method=method,
            mark=look[method],
            x=part["C_score"].tolist(),
            y=part["E_score"].tolist(),
            stimuli=part["stimulus"].tolist(),
        )
        for method, part in ((method, frame[frame["method"] == method]) for method in look)
    )
    x_range, y_range = (_range(frame[column].tolist()) for column in ("C_score", "E_score"))
    title = f"EC space: {len(frame)} stimuli, {space.bins} thirds"
    return Plot(
        title=f"{title} · {note}" if note else title,
        groups=groups,
        lines=_lines(space, x_range, y_range),
        x_range=x_range,
        y_range=y_range,
    )


def plotly_figure(plot: Plot) -> dict[str, Any]:
    """Give the figure as plotly's JSON. Its colours of text and ground are left to the page."""
    return {
        "data": [
            {
                "type": "scatter",
                "mode": "markers",
                "name": group.method,
                "x": group.x,
                "y": group.y,
                "customdata": group.stimuli,
                "marker": {
                    "color": group.mark.colour,
                    "symbol": group.mark.symbol,
                    "size": 9,
                    "opacity": 0.85,
                    "line": {"width": 1.5 if group.mark.hollow else 0.5},
                },
                "hovertemplate": "C %{x:.3f}, E %{y:.3f}",
            }
            for group in plot.groups
        ],
        "layout": {
            "title": {"text": plot.title},
            "xaxis": {"title": {"text": plot.x_label}, "range": plot.x_range, "zeroline": False},
            "yaxis": {"title": {"text": plot.y_label}, "range": plot.y_range, "zeroline": False},
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
            "legend": {"orientation": "h", "yanchor": "top", "y": -0.2},
            "hovermode": "closest",
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
        },
    }


def static_figure(plot: Plot) -> Figure:
    """Draw the figure with matplotlib, without any window or global state."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 6), layout="constrained")
    axes = figure.add_subplot()
    for group in plot.groups:
        _scatter(axes, group)
    for line in plot.lines:
        axes.plot([line.x0, line.x1], [line.y0, line.y1], ":", color="#808080", linewidth=1)
    axes.set(xlim=plot.x_range, ylim=plot.y_range, xlabel=plot.x_label, ylabel=plot.y_label)
    axes.set_title(plot.title, loc="left", fontsize=10)
    axes.spines[["top", "right"]].set_visible(False)
    figure.legend(loc="outside right upper", frameon=False, fontsize=8)
    return figure


def render(figure: Figure, file_format: str) -> bytes:
    """Give a matplotlib figure as the bytes of a file, one of FORMATS; the same every time."""
    import matplotlib as mpl

    # Without dates and random names the same data give the same file.
    quiet: dict[str, dict[str, str | None]] = {
        "png": {"Software": None},
        "svg": {"Date": None},
        "pdf": {"CreationDate": None},
    }
    buffer = io.BytesIO()
    with mpl.rc_context({"svg.hashsalt": "ecspace"}):
        figure.savefig(buffer, format=file_format, dpi=150, metadata=quiet[file_format])
    return buffer.getvalue()


def _scatter(axes: Axes, group: Points) -> None:
    axes.scatter(
        group.x,
        group.y,
        s=34,
        marker=group.mark.marker,
        facecolors="none" if group.mark.hollow else group.mark.colour,
        edgecolors=group.mark.colour if group.mark.hollow else "white",
        linewidths=1.2 if group.mark.hollow else 0.4,
        alpha=0.9,
        label=group.method,
    )


def _range(values: Sequence[float]) -> tuple[float, float]:
    """Give an axis some room on both sides."""
    low, high = min(values), max(values)
    room = 0.05 * (high - low) or 0.5
    return low - room, high + room


def _lines(
    space: ECSpace, x_range: tuple[float, float], y_range: tuple[float, float]
) -> tuple[Line, ...]:
    """Lines between the thirds; nested cuts of C reach only across their third of E."""
    across = [Line(x_range[0], cut, x_range[1], cut) for cut in space.E_cuts]
    if space.bins == "independent":
        return (*across, *(Line(cut, y_range[0], cut, y_range[1]) for cut in space.C_cuts[0]))
    bounds = (y_range[0], *space.E_cuts, y_range[1])
    up = [
        Line(float(cut), bounds[band], float(cut), bounds[band + 1])
        for band in range(3)
        for cut in space.C_cuts[band]
    ]
    return (*across, *up)
