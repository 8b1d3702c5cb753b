"""Figures of the referee: how many votes each statistic predicts, and how alike statistics are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from metrics.calibration.referee.judgement import Finding, Judgement
from metrics.plots.fonts import DEFAULT, families_for, has_glyph
from metrics.plots.labels import printable, wrapped
from metrics.plots.marks import PALETTE

_NAME_COLUMNS, _TITLE_COLUMNS = 32, 96
_ROW, _MARGINS = 0.3, 2.1  # inches
_MOST_NUMBERS = 16
"""With more statistics the cells of the heat map are too small for numbers."""


def accuracy_figure(judgement: Judgement) -> Figure | None:
    """Share of votes predicted by each statistic, best on top, with both intervals.

    Thick bars: other people on these stimuli. Thin bars: other people and other stimuli. Statistics
    of one group do not differ by more than chance. None where no statistic has an accuracy.
    """
    rows = [finding for finding in judgement.findings if finding.accuracy is not None]
    if not rows:
        return None
    names = [finding.candidate.name for finding in rows]
    with _fonts([*names, judgement.title]) as shown:
        figure = Figure(figsize=(7.2, _MARGINS + _ROW * len(rows)), layout="constrained")
        axes = figure.add_subplot()
        for place, finding in enumerate(rows):
            _row(axes, place, finding)
        _groups(axes, rows)
        _bounds(axes, judgement)
        axes.set_yticks(range(len(rows)), [shown(name, _NAME_COLUMNS) for name in names])
        axes.set_ylim(len(rows) - 0.4, -0.6)
        low = min([0.45, *(end for f in rows for end in (f.accuracy_interval_stimuli or ()))])
        axes.set_xlim(max(0.0, low - 0.02), 1.0)
        axes.set_xlabel("share of votes predicted (ties count half)")
        axes.set_title(shown(judgement.title, _TITLE_COLUMNS), loc="left", fontsize=10)
        axes.spines[["top", "right", "left"]].set_visible(False)
        axes.tick_params(axis="y", length=0)
        figure.legend(loc="outside lower left", frameon=False, fontsize=8, ncols=2)
    return figure


def _row(axes: Axes, place: int, finding: Finding) -> None:
    first = place == 0
    for bounds, width, label in (
        (finding.accuracy_interval_stimuli, 1.0, "95 %: other people and other stimuli"),
        (finding.accuracy_interval, 3.5, "95 %: other people, these stimuli"),
    ):
        if bounds:
            axes.plot(
                bounds,
                [place, place],
                color=PALETTE[1],
                linewidth=width,
                solid_capstyle="butt",
                label=label if first else None,
            )
    axes.plot(
        [float(finding.accuracy or 0.0)],
        [place],
        "o",
        color="white" if finding.useful is False else PALETTE[1],
        markeredgecolor=PALETTE[1],
        markersize=6,
        zorder=3,
    )


def _groups(axes: Axes, rows: Sequence[Finding]) -> None:
    """Shade every other group of statistics that do not differ by more than chance."""
    ends = [
        place + 0.5 for place in range(len(rows) - 1) if rows[place].group != rows[place + 1].group
    ]
    for end in ends:
        axes.axhline(end, color="#808080", linewidth=0.6)
    if ends:
        axes.plot([], [], color="#808080", linewidth=0.6, label="between groups that differ")


def _bounds(axes: Axes, judgement: Judgement) -> None:
    axes.axvline(0.5, color="#808080", linestyle=":", linewidth=1, label="chance")
    ceiling = judgement.ceiling
    for value, style, label in (
        (ceiling.majority, "--", "majority of the other people"),
        (ceiling.best_accuracy, "-.", "best possible, by repeated trials"),
    ):
        if value is not None:
            axes.axvline(value, color=PALETTE[3], linestyle=style, linewidth=1, label=label)


def correlation_figure(judgement: Judgement) -> Figure | None:
    """Correlations of statistics as a heat map, kin beside each other; None for fewer than two."""
    if judgement.similarity is None:
        return None
    order = judgement.similarity.order
    matrix = judgement.similarity.correlation[order][:, order]
    names = [judgement.similar[place] for place in order]
    many = len(names)
    with _fonts(names) as shown:
        side = 2.6 + 0.36 * many
        figure = Figure(figsize=(side + 0.6, side), layout="constrained")
        axes = figure.add_subplot()
        image = axes.imshow(matrix, cmap="PuOr", vmin=-1, vmax=1)
        labels = [shown(name, _NAME_COLUMNS) for name in names]
        axes.set_xticks(range(many), labels, rotation=90)
        axes.set_yticks(range(many), labels)
        axes.tick_params(length=0, labelsize=8)
        axes.spines[:].set_visible(False)
        if many <= _MOST_NUMBERS:
            _numbers(axes, matrix)
        figure.colorbar(image, ax=axes, shrink=0.7, label="Spearman's ρ of differences")
        axes.set_title("How alike the statistics are in these votes", loc="left", fontsize=10)
    return figure


def _numbers(axes: Axes, matrix: np.ndarray) -> None:
    for row, column in np.ndindex(*matrix.shape):
        value = matrix[row, column]
        text = "–" if np.isnan(value) else _two_digits(float(value))
        dark = abs(value) > 0.7
        axes.text(
            column,
            row,
            text,
            ha="center",
            va="center",
            fontsize=6,
            color="white" if dark else "black",
        )


def _two_digits(value: float) -> str:
    """A correlation as short as papers print it: .74, −.09, 0, 1."""
    text = f"{abs(value):.2f}"
    if text in ("0.00", "1.00"):
        return f"{round(value)}".replace("-", "−")
    return ("−" if value < 0 else "") + text[1:]


class _fonts:  # noqa: N801 (used like a function)
    """Draw with fonts that have the characters of `texts`; gives the function for labels."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._families = families_for(texts)
        style: Any = {"text.parse_math": False}
        if self._families != (DEFAULT,):
            style["font.family"] = list(self._families)
        self._context = mpl.rc_context(style)

    def __enter__(self) -> Any:
        self._context.__enter__()
        return self._shown

    def __exit__(self, *error: Any) -> None:
        self._context.__exit__(*error)

    def _shown(self, text: str, columns: int) -> str:
        return "\n".join(wrapped(printable(text, lambda c: has_glyph(c, self._families)), columns))
