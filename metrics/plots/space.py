"""The scatter of all stimuli, and one for each family (Yeh et al. 2020, figures 4 to 6)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pandas as pd

from metrics.ecspace.grid import ECSpace
from metrics.plots.data import Line, Plot, Points, span
from metrics.plots.marks import BACKGROUND, CROSS_LAYER, GATYS, OTHERS, Mark, family, marks


def plot_data(
    space: ECSpace, *, note: str = "", axis_notes: Mapping[str, str] | None = None
) -> Plot:
    """The scatter of all stimuli, with dotted lines between the thirds.

    Args:
        space: the grid.
        note: an addition to the title, for example that votes are simulated.
        axis_notes: target (E, C) → an addition to the title of its axis, for example that its
            model is not usable.

    """
    on_axes = axis_notes or {}
    frame = space.frame
    x_range, y_range = (span(frame[column].tolist()) for column in ("C_score", "E_score"))
    return Plot(
        key="ecspace",
        title=_noted(f"EC space: {len(frame)} stimuli · {space.bins} thirds", note),
        groups=tuple(_points(frame, method, mark) for method, mark in _marks(space).items()),
        lines=_lines(space, x_range, y_range),
        x_range=x_range,
        y_range=y_range,
        x_label=_noted("C score (content kept)", on_axes.get("C", "")),
        y_label=_noted("E score (style carried)", on_axes.get("E", "")),
    )


def family_plots(
    space: ECSpace, *, note: str = "", axis_notes: Mapping[str, str] | None = None
) -> tuple[Plot, ...]:
    """One scatter for each family of methods, with all other stimuli in grey.

    Figure 5 of Yeh et al. 2020 shows the Gatys family, figure 6 the cross-layer family, figure 4
    GAL. Axes, lines, colours and symbols are those of `plot_data`; large symbols are the means of
    methods. The result is empty if all methods are of one family, which `plot_data` shows.
    """
    frame, look = space.frame, _marks(space)
    whole = plot_data(space, axis_notes=axis_notes)
    families = {name: [m for m in look if family(m) == name] for name in _TITLES}
    families = {name: methods for name, methods in families.items() if methods}
    if len(families) < 2:
        return ()
    found = []
    for name, methods in families.items():
        rest = frame[~frame["method"].isin(methods)].assign(method="the rest")
        subject = [_points(frame, method, look[method]) for method in methods]
        subject_name = _TITLES[name] if name != OTHERS or len(methods) > 2 else ", ".join(methods)
        title = f"{subject_name} against the rest · {space.bins} thirds"
        found.append(
            replace(
                whole,
                key=f"family-{name}",
                title=_noted(title, note),
                groups=(
                    replace(
                        _points(rest, "the rest", BACKGROUND),
                        faint=True,
                        members=tuple(method for method in look if method not in methods),
                    ),
                    *(replace(points, mean=_mean(points)) for points in subject),
                ),
            )
        )
    return tuple(found)


_TITLES = {GATYS: "Gatys family", CROSS_LAYER: "Cross-layer family", OTHERS: "Other methods"}


def _marks(space: ECSpace) -> dict[str, Mark]:
    return marks(space.frame["method"].tolist())


def _points(frame: pd.DataFrame, method: str, mark: Mark) -> Points:
    part = frame[frame["method"] == method]
    return Points(
        method=method,
        mark=mark,
        x=part["C_score"].tolist(),
        y=part["E_score"].tolist(),
        stimuli=part["stimulus"].tolist(),
    )


def _mean(points: Points) -> tuple[float, float]:
    return sum(points.x) / len(points.x), sum(points.y) / len(points.y)


def _noted(title: str, note: str) -> str:
    return f"{title} · {note}" if note else title


def _lines(
    space: ECSpace, x_range: tuple[float, float], y_range: tuple[float, float]
) -> tuple[Line, ...]:
    """Lines between the thirds; nested cuts of C span their third of E only."""
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
