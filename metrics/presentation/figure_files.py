"""Figures of an EC space as files, drawn by matplotlib."""

from __future__ import annotations

from metrics.plots.mosaic import mosaic_figure
from metrics.plots.static import render, static_figure
from metrics.presentation.cells import example_pictures
from metrics.presentation.kept import kept
from metrics.presentation.scored_space import ScoredSpace

MOSAIC = "mosaic"


def figure_file(scored: ScoredSpace, key: str, file_format: str) -> bytes | None:
    """One figure as a file: the mosaic, or a plot by its key; None for an unknown key."""
    return kept(f"{key}.{file_format}-{scored.key}", lambda: _figure_file(scored, key, file_format))


def _figure_file(scored: ScoredSpace, key: str, file_format: str) -> bytes | None:
    if key == MOSAIC:
        return mosaic_file(scored, file_format)
    for plot in scored.plots:
        if plot.key == key:
            return render(static_figure(plot), file_format)
    return None


def mosaic_file(scored: ScoredSpace, file_format: str) -> bytes:
    """Example pictures of the nine cells as a file."""
    title = f"Stimuli in the EC space · {scored.bins} thirds"
    if scored.note:
        title = f"{title} · {scored.note}"
    return render(mosaic_figure(example_pictures(scored.space), title), file_format)
