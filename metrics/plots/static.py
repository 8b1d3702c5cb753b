"""Draw plots as files with matplotlib, without a window and without pyplot's global state."""

from __future__ import annotations

import io
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection
from matplotlib.figure import Figure

from metrics.plots.data import Plot, Points
from metrics.plots.fonts import DEFAULT, families_for, has_glyph
from metrics.plots.labels import printable, wrapped
from metrics.plots.marks import Marker

_LEGEND_COLUMNS, _TITLE_COLUMNS = 36, 110
_LEGEND_LINE = 0.145  # inches


def static_figure(plot: Plot) -> Figure:
    """Draw a plot, 9 × 6 inches, or higher if the legend needs more space.

    Labels are drawn as they are written. A character that no installed font has is replaced by its
    code point, and a line under the figure says so.
    """
    texts = [plot.title, *(group.method for group in plot.groups)]
    families = families_for(texts)
    style: Any = {"text.parse_math": False}
    if families != (DEFAULT,):
        style["font.family"] = list(families)
    with mpl.rc_context(style):
        return _figure(plot, families)


def _figure(plot: Plot, families: tuple[str, ...]) -> Figure:
    def shown(text: str, columns: int) -> str:
        return "\n".join(wrapped(printable(text, lambda c: has_glyph(c, families)), columns))

    labels = [shown(group.method, _LEGEND_COLUMNS) for group in plot.groups]
    legend_height = _LEGEND_LINE * sum(label.count("\n") + 1 for label in labels)
    figure = Figure(figsize=(9, max(6, 1 + legend_height)), layout="constrained")
    axes = figure.add_subplot()
    points = [_scatter(axes, group) for group in plot.groups]
    for line in plot.lines:
        style = "-" if line.solid else ":"
        axes.plot([line.x0, line.x1], [line.y0, line.y1], style, color="#808080", linewidth=1)
    axes.set(xlim=plot.x_range, ylim=plot.y_range, xlabel=plot.x_label, ylabel=plot.y_label)
    axes.set_title(shown(plot.title, _TITLE_COLUMNS), loc="left", fontsize=10)
    axes.spines[["top", "right"]].set_visible(False)
    if plot.rows:
        axes.set_yticks(
            [height for height, _ in plot.rows],
            [shown(name, _LEGEND_COLUMNS) for _, name in plot.rows],
        )
    else:
        # Handles are named, since matplotlib leaves labels that begin with `_` out of its own list.
        figure.legend(points, labels, loc="outside right upper", frameon=False, fontsize=8)
    if any("⟨U+" in label for label in (*labels, axes.get_title(loc="left"))):
        figure.supxlabel(
            "⟨U+…⟩: a character that no installed font has", fontsize=7, x=0.01, ha="left"
        )
    return figure


def render(figure: Figure, file_format: str) -> bytes:
    """Save a figure in one of FORMATS and return the file; equal figures give equal bytes."""
    # Dates and random ids would make each file different.
    without_dates: dict[str, dict[str, str | None]] = {
        "png": {"Software": None},
        "svg": {"Date": None},
        "pdf": {"CreationDate": None},
    }
    buffer = io.BytesIO()
    with mpl.rc_context({"svg.hashsalt": "ecspace"}):
        figure.savefig(buffer, format=file_format, dpi=150, metadata=without_dates[file_format])
    return buffer.getvalue()


def svg(plot: Plot) -> bytes:
    """Draw a plot as an SVG."""
    return render(static_figure(plot), "svg")


def _scatter(axes: Axes, group: Points) -> PathCollection:
    for bars, values, axis in ((group.x_bars, group.x, "x"), (group.y_bars, group.y, "y")):
        if bars:
            ends = np.abs(np.asarray(bars).T - np.asarray(values))
            error: dict[str, Any] = {f"{axis}err": ends}
            axes.errorbar(
                group.x, group.y, **error, fmt="none", ecolor=group.mark.colour, elinewidth=1
            )
    shape: dict[str, Any] = {
        "marker": drawn(group.mark.marker),
        "facecolors": "none" if group.mark.hollow else group.mark.colour,
        "edgecolors": group.mark.colour if group.mark.hollow else "white",
    }
    points = axes.scatter(
        group.x,
        group.y,
        s=10 if group.faint else 34,
        linewidths=1.2 if group.mark.hollow else 0.4,
        alpha=0.35 if group.faint else 0.9,
        label=group.method,
        **shape,
    )
    if group.mean:
        edge = shape["edgecolors"] if group.mark.hollow else "#1a2028"
        axes.scatter(*group.mean, s=170, linewidths=1.6, zorder=3, **shape | {"edgecolors": edge})
    return points


def drawn(marker: Marker) -> Any:
    """A marker in matplotlib's form, which takes the corners of a shape as a list."""
    return marker if isinstance(marker, str) else list(marker)
