"""Figures as pages show them: plotly's data, words for those who do not see, a still picture."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from metrics.plots import Plot, plotly_figure, render, static_figure


@dataclass(frozen=True)
class Figure:
    """A plot on a page. still: with a picture in the page itself, for readers without scripts."""

    plot: Plot
    still: bool = False

    @property
    def id(self) -> str:
        """The element that holds the data."""
        return f"figure-{self.plot.key}"

    @property
    def words(self) -> str:
        """The figure in one sentence."""
        return self.plot.words

    @property
    def data(self) -> dict[str, Any]:
        """What plotly draws."""
        return plotly_figure(self.plot)

    @property
    def picture(self) -> str:
        """The still picture as a data address."""
        return data_address("image/png", self.png)

    @cached_property
    def png(self) -> bytes:
        """The picture as a file."""
        return self.file("png")

    def file(self, file_format: str) -> bytes:
        """The figure as a file."""
        return render(static_figure(self.plot), file_format)


def data_address(kind: str, content: bytes) -> str:
    """An address that holds the content itself."""
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"
