"""Figures for all kinds of colour vision, on paper and on pages."""

from __future__ import annotations

import io
import json
from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from metrics.ecspace.grid import ecspace
from metrics.plots.data import Plot, Points
from metrics.plots.interactive import plotly_figure
from metrics.plots.marks import PALETTE, SYMBOLS, marks
from metrics.plots.space import plot_data
from metrics.plots.static import render, static_figure

# Machado, Oliveira & Fernandes 2009, severity 1: what protanopes, deuteranopes, tritanopes see.
SIGHTS = {
    "normal": np.eye(3),
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}


def linear(colour):
    values = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def oklab(rgb):
    """Ottosson 2020: distances in it are about equally visible."""
    cones = np.array(
        [
            [0.4122214708, 0.5363325363, 0.0514459929],
            [0.2119034982, 0.6806995451, 0.1073969566],
            [0.0883024619, 0.2817188376, 0.6299787005],
        ]
    )
    axes = np.array(
        [
            [0.2104542553, 0.7936177850, -0.0040720468],
            [1.9779984951, -2.4285922050, 0.4505937099],
            [0.0259040371, 0.7827717662, -0.8086757660],
        ]
    )
    return axes @ np.cbrt(cones @ rgb)


@pytest.mark.parametrize("sight", list(SIGHTS))
def test_any_two_colours_differ_for_every_colour_vision(sight):
    seen = [oklab(np.clip(np.array(SIGHTS[sight]) @ linear(colour), 0, 1)) for colour in PALETTE]
    assert min(np.linalg.norm(a - b) for a, b in combinations(seen, 2)) >= 0.115


@pytest.mark.parametrize("ground", ["#ffffff", "#1a2027"])
def test_every_colour_contrasts_with_light_and_dark_backgrounds(ground):
    weights = np.array([0.2126, 0.7152, 0.0722])
    behind = weights @ linear(ground)
    for colour in PALETTE:
        front = weights @ linear(colour)
        low, high = sorted([front, behind])
        assert (high + 0.05) / (low + 0.05) >= 2.2


def test_every_method_has_a_symbol_of_its_own():
    methods = [f"method {number}" for number in range(2 * len(SYMBOLS))]
    look = marks(methods)
    assert len({mark.symbol for mark in look.values()}) == len(methods)
    assert len({(mark.marker, mark.hollow) for mark in look.values()}) == len(methods)
    assert marks(methods[::-1]) == look


@pytest.fixture
def scored():
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "stimulus": [f"s{number}" for number in range(40)],
            "method": [f"m{number % 4}" for number in range(40)],
            "E_score": rng.normal(size=40),
            "C_score": rng.normal(size=40),
        }
    )


@pytest.mark.parametrize("bins", ["independent", "nested"])
def test_page_and_file_draw_the_same_data(scored, bins):
    plot = plot_data(ecspace(scored, bins), note="simulated votes")
    assert bins in plot.title
    assert "simulated votes" in plot.title
    figure = plotly_figure(plot)
    json.dumps(figure, allow_nan=False)
    axes = static_figure(plot).axes[0]
    drawn = axes.collections
    assert len(figure["data"]) == len(drawn) == 4
    for trace, points in zip(figure["data"], drawn, strict=True):
        assert points.get_label() == trace["name"]
        np.testing.assert_allclose(points.get_offsets(), np.column_stack([trace["x"], trace["y"]]))
        assert len(trace["customdata"]) == len(trace["x"])
    lines = [(s["x0"], s["y0"], s["x1"], s["y1"]) for s in figure["layout"]["shapes"]]
    assert len(lines) == (4 if bins == "independent" else 8)
    for line, drawn_line in zip(lines, axes.lines, strict=True):
        (x0, x1), (y0, y1) = drawn_line.get_data()
        assert (x0, y0, x1, y1) == pytest.approx(line)


def test_the_lines_separate_the_cells(scored):
    space = ecspace(scored, "nested")
    for line in plot_data(space).lines[2:]:
        band = space.frame[space.frame["E_score"].between(line.y0, line.y1)]
        left = (band["C_score"] <= line.x0).sum()
        assert left in (
            len(band) // 3,
            -(-len(band) // 3),
            2 * len(band) // 3,
            -(-2 * len(band) // 3),
        )


@pytest.mark.parametrize("file_format", ["png", "svg", "pdf"])
def test_it_renders_the_same_file_every_time(scored, file_format):
    plot = plot_data(ecspace(scored))
    first = render(static_figure(plot), file_format)
    assert first == render(static_figure(plot), file_format)
    if file_format == "png":
        assert Image.open(io.BytesIO(first)).size == (1350, 900)


def test_rows_are_named_at_the_axis_and_not_in_a_legend():
    names = ["E3", "gram & means"]
    look = marks(names)
    plot = Plot(
        key="rows",
        title="two rows",
        groups=tuple(
            Points(method=name, mark=look[name], x=[0.6], y=[float(place)])
            for place, name in enumerate(names, start=1)
        ),
        lines=(),
        x_range=(0.5, 0.7),
        y_range=(0.3, 2.7),
        x_label="share",
        y_label="statistics",
        rows=tuple((float(place), name) for place, name in enumerate(names, start=1)),
    )
    layout = plotly_figure(plot)["layout"]
    assert layout["yaxis"]["tickvals"] == [1.0, 2.0]
    assert layout["yaxis"]["ticktext"] == ["E3", "gram &amp; means"]
    assert not layout["showlegend"]
    (axes,) = (figure := static_figure(plot)).axes
    assert [label.get_text() for label in axes.get_yticklabels()] == names
    assert not figure.legends
