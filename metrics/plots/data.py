"""What a figure shows, without a word on how it is drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from metrics.plots.marks import Mark

Bars = list[tuple[float, float]]
"""For each point the lower and the upper end of its interval, on the axis' own scale."""


@dataclass(frozen=True)
class Points:
    """Points of one kind, such as the stimuli of one method: x and y, and the stimuli's names.

    x_bars, y_bars: intervals, where there are any. mean: a point that stands for them all, drawn
    larger. faint: ground, not subject.
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


@dataclass(frozen=True)
class Line:
    """A straight line from (x0, y0) to (x1, y1)."""

    x0: float
    y0: float
    x1: float
    y1: float


@dataclass(frozen=True)
class Plot:
    """All that a figure shows. key: a short name for addresses and files."""

    key: str
    title: str
    groups: tuple[Points, ...]
    lines: tuple[Line, ...]
    x_range: tuple[float, float]
    y_range: tuple[float, float]
    x_label: str
    y_label: str

    @property
    def words(self) -> str:
        """The figure in one sentence, for those who cannot see it."""
        return f"{self.title}. Across: {self.x_label}. Upwards: {self.y_label}."


def span(values: Sequence[float]) -> tuple[float, float]:
    """Give an axis that holds all values some room on both sides."""
    low, high = min(values), max(values)
    room = 0.05 * (high - low) or 0.5
    return low - room, high + room
