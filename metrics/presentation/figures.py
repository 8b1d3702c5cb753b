"""Figures in pages: the data for plotly, a description, and optionally a static image."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from metrics.plots.data import Plot
from metrics.plots.interactive import plotly_figure

Renderer = Callable[[Plot], bytes]
"""Draws a plot as an SVG."""


@dataclass(frozen=True)
class PageFigure:
    """A plot in a page.

    Attributes:
        plot: what the figure shows.
        renderer: draws the static image, for prints and for readers without scripts, into the page;
            None leaves it out.
        address: of the static image, which the page's script loads for prints; empty for none.
        source: id of the figure on the page that holds the coordinates of all stimuli; empty if
            this one holds its own.

    """

    plot: Plot
    renderer: Renderer | None = None
    address: str = ""
    source: str = ""

    @property
    def id(self) -> str:
        """The id of the element that holds the data."""
        return f"figure-{self.plot.key}"

    @property
    def description(self) -> str:
        """The figure in one sentence."""
        return self.plot.description

    @property
    def data(self) -> dict[str, Any]:
        """The figure as plotly's JSON."""
        return plotly_figure(self.plot, self.source)

    @cached_property
    def svg(self) -> bytes | None:
        """The static image; None without a renderer."""
        return self.renderer(self.plot) if self.renderer else None

    @property
    def image(self) -> str:
        """The static image as a data URL; empty without a renderer."""
        return "" if self.svg is None else data_url("image/svg+xml", self.svg)


def data_url(media_type: str, content: bytes) -> str:
    """A data URL that holds `content`."""
    return f"data:{media_type};base64,{base64.b64encode(content).decode()}"
