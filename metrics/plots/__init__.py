"""Figures of the EC space and of calibrations: the data of a plot once, drawn twice.

plotly draws them on pages, matplotlib in files: plotly's own static export needs a browser.
"""

from metrics.plots.checks import curve_plot, methods_plot
from metrics.plots.data import Line, Plot, Points
from metrics.plots.interactive import plotly_figure
from metrics.plots.marks import PALETTE, SYMBOLS, Mark, marks
from metrics.plots.mosaic import mosaic_figure
from metrics.plots.space import family_plots, plot_data
from metrics.plots.static import FORMATS, render, static_figure

__all__ = [
    "FORMATS",
    "PALETTE",
    "SYMBOLS",
    "Line",
    "Mark",
    "Plot",
    "Points",
    "curve_plot",
    "family_plots",
    "marks",
    "methods_plot",
    "mosaic_figure",
    "plot_data",
    "plotly_figure",
    "render",
    "static_figure",
]
