"""The content of a figure, independent of how it is drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from metrics.plots.marks import Mark

CONTENT_TYPES = {"png": "image/png", "svg": "image/svg+xml", "pdf": "application/pdf"}
"""Formats of figure files, with their MIME types."""
FORMATS = tuple(CONTENT_TYPES)
Bars = list[tuple[float, float]]
"""For each point the lower and upper end of its interval, in the units of the axis."""


@dataclass(frozen=True)
class Points:
    """The points of one group, such as the stimuli of one method.

    Attributes:
        method: the name in the legend.
        mark: colour and symbol.
        x, y: coordinates.
        stimuli: names of the points; empty if they are not stimuli.
        x_bars, y_bars: intervals; None for none.
        mean: the mean of the points, drawn with a larger symbol; None for none.
        faint: whether the points are background, drawn small and pale.
        members: the methods whose points these are; empty for those of one method.
        named: where the method's name stands beside its points, in plotly's words such as
            `top right`; empty for nowhere.

    """

    method: str
    mark: Mark
    x: list[float]
    y: list[float]
    stimuli: list[str] = field(default_factory=list)
    x_bars: Bars | None = None
    y_bars: Bars | None = None
    mean: tuple[float, float] | None = None
    faint: bool = False
    members: tuple[str, ...] = ()
    named: str = ""


@dataclass(frozen=True)
class Line:
    """A straight line from (x0, y0) to (x1, y1), dotted or, for a front, drawn through."""

    x0: float
    y0: float
    x1: float
    y1: float
    solid: bool = False


@dataclass(frozen=True)
class Plot:
    """The content of one figure. `key` is its name in addresses and files.

    Where each group has a row of its own, `rows` are the heights and names of the rows: they are
    written at the axis, and there is no legend.
    """

    key: str
    title: str
    groups: tuple[Points, ...]
    lines: tuple[Line, ...]
    x_range: tuple[float, float]
    y_range: tuple[float, float]
    x_label: str
    y_label: str
    rows: tuple[tuple[float, str], ...] = ()

    @property
    def description(self) -> str:
        """A text alternative to the figure."""
        return f"{self.title}. Across: {self.x_label}. Upwards: {self.y_label}."


def span(values: Sequence[float]) -> tuple[float, float]:
    """The range of an axis: all values with a margin of 5 % on both sides."""
    low, high = min(values), max(values)
    room = 0.05 * (high - low) or 0.5
    return low - room, high + room
