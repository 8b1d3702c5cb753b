"""Charts of the monitor as coordinates: votes over time, and a histogram of response times.

A chart is drawn in a box of WIDTH × HEIGHT units, whose origin is the upper left corner.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

WIDTH, HEIGHT = 320, 120
MOST_POINTS = 160
"""Points of a line; more would not be seen."""
_LONGEST = 15
"""Seconds; slower answers share the last bar."""
_TICKS = 3


@dataclass(frozen=True)
class Tick:
    """A mark of the horizontal axis."""

    x: float
    label: str


@dataclass(frozen=True)
class Bar:
    """A bar that stands on the horizontal axis."""

    x: float
    y: float
    width: float
    height: float
    title: str


@dataclass(frozen=True)
class Chart:
    """Coordinates of a chart, and what it shows in words."""

    summary: str
    top: str
    """The value at the upper edge."""
    ticks: tuple[Tick, ...]
    points: str = ""
    """Of a line, as in the attribute `points` of SVG's polyline."""
    bars: tuple[Bar, ...] = ()
    target_y: float | None = None
    """Height of the line of the target."""


def votes_over_time(times: Sequence[datetime], wanted: int) -> Chart | None:
    """The number of votes so far at every moment; None without votes.

    Args:
        times: of the votes, in any order and in the time zone of the labels.
        wanted: the target, drawn as a line; 0: none.

    """
    if not times:
        return None
    ordered = sorted(times)
    first, last = ordered[0], ordered[-1]
    span = max(last - first, timedelta(minutes=1))
    most = max(len(ordered), wanted)
    moments = [first + span * step / MOST_POINTS for step in range(MOST_POINTS + 1)]
    counts = [bisect_right(ordered, moment) for moment in moments]
    points = " ".join(
        f"{WIDTH * step / MOST_POINTS:.1f},{HEIGHT * (1 - count / most):.1f}"
        for step, count in enumerate(counts)
    )
    clock = "%H:%M" if span < timedelta(days=1) else "%d %b"
    ticks = [
        Tick(WIDTH * step / _TICKS, (first + span * step / _TICKS).strftime(clock))
        for step in range(_TICKS + 1)
    ]
    return Chart(
        summary=f"{len(ordered)} votes from {first:%Y-%m-%d %H:%M} to {last:%Y-%m-%d %H:%M}"
        + (f"; {wanted} are wanted" if wanted else ""),
        top=str(most),
        ticks=tuple(ticks),
        points=points,
        target_y=HEIGHT * (1 - wanted / most) if wanted else None,
    )


def response_times(milliseconds: Sequence[int]) -> Chart | None:
    """How many answers took how many seconds; None without answers."""
    if not milliseconds:
        return None
    counts = [0] * (_LONGEST + 1)
    for time in milliseconds:
        counts[min(time // 1000, _LONGEST)] += 1
    most, width = max(counts), WIDTH / len(counts)
    bars = tuple(
        Bar(
            x=width * second + 0.5,
            y=HEIGHT * (1 - count / most),
            width=width - 1,
            height=HEIGHT * count / most,
            title=f"{_seconds(second)}: {count}",
        )
        for second, count in enumerate(counts)
    )
    ticks = tuple(Tick(width * second, f"{second} s") for second in range(0, _LONGEST + 1, 5))
    fastest = sum(time < 1000 for time in milliseconds)
    return Chart(
        summary=f"{len(milliseconds)} response times; {fastest} below 1 s, "
        f"{counts[-1]} of {_LONGEST} s or more",
        top=str(most),
        ticks=ticks,
        bars=bars,
    )


def _seconds(second: int) -> str:
    return f"{second} s or more" if second == _LONGEST else f"{second} to {second + 1} s"
