"""Figures as files, drawn by matplotlib without any window or global state."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np

from metrics.plots.data import Plot, Points
from metrics.plots.marks import Marker

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FORMATS = ("png", "svg", "pdf")


def static_figure(plot: Plot) -> Figure:
    """Draw a figure, 9 × 6 inches."""
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
    axes.scatter(
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


def drawn(marker: Marker) -> Any:
    """Give a marker as matplotlib takes it: it reads a tuple as something else than corners."""
    return marker if isinstance(marker, str) else list(marker)
