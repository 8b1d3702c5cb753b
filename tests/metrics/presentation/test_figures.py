"""Figures by families, the calibration curve, methods against votes, and the mosaic."""

from __future__ import annotations

import io
import json
from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from PIL import Image

from metrics.ecspace.grid import ecspace
from metrics.plots.diagnostics import curve_plot, methods_plot
from metrics.plots.interactive import plotly_figure
from metrics.plots.marks import SYMBOLS, family, marks
from metrics.plots.mosaic import mosaic_figure
from metrics.plots.space import family_plots, plot_data
from metrics.plots.static import drawn, render, static_figure

METHODS = ("gatys", "gatys-cov", "cross-layer", "cross-layer-cov", "gal", "universal")


def space_of(methods, count=60):
    rng = np.random.default_rng(0)
    return ecspace(
        pd.DataFrame(
            {
                "stimulus": [f"s{n}" for n in range(count)],
                "method": [methods[n % len(methods)] for n in range(count)],
                "E_score": rng.normal(size=count),
                "C_score": rng.normal(size=count),
            }
        )
    )


def black(marker):
    """The area that a symbol covers, drawn large without colour."""
    figure = Figure(figsize=(0.5, 0.5), dpi=100)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.axis("off")
    axes.set(xlim=(-1, 1), ylim=(-1, 1))
    axes.scatter([0], [0], s=300, marker=drawn(marker), color="black", linewidths=0)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png")
    return np.asarray(Image.open(buffer).convert("L")) < 128


def test_symbols_of_fourteen_methods_differ_without_colour():
    shapes = {name: black(marker) for name, marker in SYMBOLS}
    assert len(shapes) == 14
    for one, other in combinations(shapes, 2):
        both, either = shapes[one] & shapes[other], shapes[one] | shapes[other]
        assert both.sum() / either.sum() < 0.78, (one, other)
    # The measure must reject these: they cannot be distinguished in a figure.
    circle, octagon = shapes["circle"], black("8")
    assert (circle & octagon).sum() / (circle | octagon).sum() > 0.9


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        ("gatys", "gatys"), ("gatys-mean-cov", "gatys"), ("GatysL", "gatys"),
        ("Gatys aggressive", "gatys"), ("cross-layer", "cross-layer"),
        ("Cross-layer, aggressive", "cross-layer"), ("XLCM", "cross-layer"),
        ("cross-layer-multiplicative", "cross-layer"), ("gal", "others"), ("GAL", "others"),
        ("universal", "others"), ("avatar-net", "others"), ("", "others"),
    ],
)  # fmt: skip
def test_it_knows_the_family_of_a_method(method, expected):
    assert family(method) == expected


def test_methods_of_one_family_differ_in_colour_as_well():
    paper = [
        *(f"gatys{tail}" for tail in ("", "-aggressive", "-cov", "-histogram", "-layerwise")),
        *("gatys-mean", "gatys-mean-cov", "gal", "universal"),
        *(f"cross-layer{tail}" for tail in ("", "-aggressive", "-cov", "-mean-cov")),
        "cross-layer-multiplicative",
    ]
    look = marks(paper)
    for one, other in combinations(paper, 2):
        if family(one) == family(other):
            assert look[one].colour != look[other].colour, (one, other)


def test_each_family_has_a_figure_with_the_rest_in_grey():
    space = space_of(METHODS)
    whole = plot_data(space)
    plots = family_plots(space, note="simulated votes")
    assert [plot.key for plot in plots] == ["family-gatys", "family-cross-layer", "family-others"]
    marks_of = {group.method: group.mark for group in whole.groups}
    for plot, own in zip(plots, (METHODS[:2], METHODS[2:4], METHODS[4:]), strict=True):
        rest, *subject = plot.groups
        assert rest.faint and rest.method == "the rest"
        assert {group.method for group in subject} == set(own)
        assert len(rest.x) + sum(len(group.x) for group in subject) == 60
        assert {group.method: group.mark for group in subject} == {
            method: marks_of[method] for method in own
        }
        for group in subject:
            inside = space.frame[space.frame["method"] == group.method]
            assert group.mean == pytest.approx((inside["C_score"].mean(), inside["E_score"].mean()))
        assert (plot.x_range, plot.y_range, plot.lines) == (
            whole.x_range, whole.y_range, whole.lines,
        )  # fmt: skip
        assert "simulated votes" in plot.title
        assert "independent thirds" in plot.title
    assert plots[2].title.startswith("gal, universal against the rest")


def test_one_family_needs_no_figure_of_its_own():
    assert family_plots(space_of(("gatys", "gatys-cov"))) == ()
    assert family_plots(space_of(("a", "b", "c"))) == ()
    assert len(family_plots(space_of(("a", "gatys")))) == 2


CURVE = [
    {"predicted": 0.55, "observed": 0.6, "low": 0.45, "high": 0.7, "votes": 40},
    {"predicted": 0.8, "observed": 0.75, "low": 0.7, "high": 0.82, "votes": 40},
]
RANKED = [
    {"method": "gatys", "ability": 0.4, "ability_interval": [0.1, 0.7],
     "score": 0.5, "score_interval": [0.2, 0.9]},
    {"method": "gal", "ability": -0.4, "ability_interval": None,
     "score": -0.5, "score_interval": None},
    {"method": "lost", "ability": 0.0, "ability_interval": None,
     "score": None, "score_interval": None},
]  # fmt: skip


def every_plot():
    space = space_of(METHODS)
    return [plot_data(space), *family_plots(space), curve_plot(CURVE), methods_plot(RANKED)]


@pytest.mark.parametrize("place", range(6))
def test_page_and_file_draw_the_same_points_and_bars(place):
    plot = every_plot()[place]
    figure = plotly_figure(plot)
    json.dumps(figure, allow_nan=False)
    axes = static_figure(plot).axes[0]
    bars = [part for part in axes.collections if hasattr(part, "get_segments")]
    points = [part for part in axes.collections if part not in bars]
    assert len(points) == len(figure["data"])
    for trace, part in zip(figure["data"], points, strict=True):
        np.testing.assert_allclose(part.get_offsets(), np.column_stack([trace["x"], trace["y"]]))
    expected = [
        (value - below, value + above)
        for trace in figure["data"]
        for axis in ("x", "y")
        if (error := trace.get(f"error_{axis}"))
        for value, below, above in zip(
            trace[axis], error["arrayminus"], error["array"], strict=True
        )
    ]
    ends = [
        (segment[0][axis], segment[1][axis])
        for part in bars
        for segment in part.get_segments()
        for axis in (0, 1)
        if segment[0][axis] != segment[1][axis] or (segment[0] == segment[1]).all()
    ]
    assert (
        sorted(set(map(tuple, np.round(ends, 9)))) == sorted(set(map(tuple, np.round(expected, 9))))
        if expected
        else not ends
    )
    assert axes.get_xlim() == pytest.approx(plot.x_range)
    assert figure["layout"]["yaxis"]["range"] == plot.y_range


def test_the_curve_shows_bands_and_the_diagonal():
    plot = curve_plot(CURVE, note="simulated votes")
    (group,) = plot.groups
    assert group.y_bars == [(0.45, 0.7), (0.7, 0.82)]
    assert "80 votes in 2 equal parts · simulated votes" in plot.title
    (line,) = plot.lines
    assert (line.x0, line.x1) == (line.y0, line.y1)
    assert plot.y_range[0] < 0.45
    assert curve_plot([]) is None


def test_methods_without_a_score_are_not_drawn():
    plot = methods_plot(RANKED)
    assert [group.method for group in plot.groups] == ["gatys", "gal"]
    assert plot.groups[1].x_bars == [(-0.4, -0.4)]
    assert methods_plot(RANKED[1:]) is None


def test_the_mosaic_puts_each_picture_into_its_cell():
    colours = {(e, c): (80 * e + 40, 80 * c + 40, 200) for e in range(3) for c in range(3)}
    pictures = {
        cell: [Image.new("RGB", (64, 48), colour)] * 5
        for cell, colour in colours.items()
        if cell != (0, 0)
    }
    figure = mosaic_figure(pictures, "Mosaic · simulated votes")
    axes = figure.axes[0]
    canvas = np.asarray(axes.images[0].get_array())
    ticks = axes.get_xticks(), axes.get_yticks()
    levels = [f"{level} E" for level in ("low", "middle", "high")]
    assert [text.get_text() for text in axes.get_yticklabels()] == levels
    for (e, c), colour in colours.items():
        x, y = int(ticks[0][c]) - 40, int(ticks[1][e]) - 40
        expected = (255, 255, 255) if (e, c) == (0, 0) else colour
        assert tuple(canvas[y, x]) == expected
    assert ticks[1][2] < ticks[1][0]  # high E on top
    assert axes.get_title(loc="left") == "Mosaic · simulated votes"
    assert Image.open(io.BytesIO(render(figure, "png"))).width == 1350


def test_a_tall_picture_is_not_cropped_in_the_mosaic():
    tall = Image.new("RGB", (50, 200), (10, 20, 30))
    canvas = np.asarray(mosaic_figure({(2, 0): [tall]}, "").axes[0].images[0].get_array())
    inside = (canvas == (10, 20, 30)).all(axis=2)
    assert inside.sum() == 30 * 120
