"""Labels are data: any text is shown unchanged in every format of figures and tables."""

from __future__ import annotations

import csv
import html
import io
import json
import re
import unicodedata
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from metrics.ecspace.grid import ecspace, table
from metrics.ecspace.tables import table_csv, table_latex, table_markdown
from metrics.plots.data import FORMATS, Plot
from metrics.plots.fonts import families_for, has_glyph
from metrics.plots.interactive import plotly_figure
from metrics.plots.labels import printable, wrapped
from metrics.plots.space import family_plots, plot_data
from metrics.plots.static import render, static_figure

HARD = (
    r"AdaIN $\alpha_$",
    "a$1 or $2",
    "_hidden_ __init__",
    r"back\slash \\ {brace}",
    "<b>bold</b> & <script>alert(1)</script>",
    "风格迁移 스타일 スタイル",
    "العربية مع English",
    "שלום --- 'x' `y`",
    "x" * 100,
    "=1+2",
    "%{x:.3f} 50% ~tilde ^ #1 |pipe|",
    "",
)
texts = st.text(st.characters(exclude_categories=("Cs",)), max_size=100)
labels = st.lists(texts, min_size=9, max_size=9)


def space_of(methods):
    count = max(12, len(methods))
    random = np.random.default_rng(0)
    return ecspace(
        pd.DataFrame(
            {
                "stimulus": [f"s{n}" for n in range(count)],
                "method": [methods[n % len(methods)] for n in range(count)],
                "E_score": random.normal(size=count),
                "C_score": random.normal(size=count),
            }
        )
    )


def plain(text: str) -> str:
    return " ".join(text.split())


def check_files(plot: Plot) -> None:
    files = {name: render(static_figure(plot), name) for name in FORMATS}
    picture = Image.open(io.BytesIO(files["png"]))
    assert np.asarray(picture.convert("L")).min() < 128
    ElementTree.fromstring(files["svg"])
    assert files["pdf"].startswith(b"%PDF") and files["pdf"].rstrip().endswith(b"%%EOF")


@pytest.mark.filterwarnings("error")
def test_hard_labels_are_drawn_as_they_are_written():
    space = space_of(HARD)
    for plot in (plot_data(space), *family_plots(space)):
        check_files(plot)
    figure = static_figure(plot_data(space))
    drawn = {text.get_text().replace("\n", "") for text in figure.legends[0].get_texts()}
    families = families_for(HARD)
    shown = {printable(each, lambda c: has_glyph(c, families)) for each in HARD}
    assert drawn == shown
    latin = {each for each in HARD if each.isascii() and each}
    assert latin <= drawn and "(no name)" in drawn
    width = figure.axes[0].get_window_extent().width / figure.get_window_extent().width
    figure.draw_without_rendering()
    width = figure.axes[0].get_position().width
    assert width > 0.4  # a long name does not squeeze the plot


@given(labels)
@settings(max_examples=4, deadline=None)
def test_any_labels_can_be_drawn(names):
    check_files(plot_data(space_of(names)))


@given(labels)
@settings(deadline=None)
def test_any_labels_survive_plotly_and_tables(names):
    space = space_of(names)
    figure = json.loads(json.dumps(plotly_figure(plot_data(space))))
    shown = {html.unescape(trace["name"].replace("<br>", "")) for trace in figure["data"]}
    assert shown == {printable(name) for name in names}
    rows = table(space, top=9)
    wanted = [part["method"] for cell in rows for part in cell["methods"]]
    cells = list(csv.reader(io.StringIO(table_csv(rows), newline="")))
    # A leading apostrophe is always one that keeps spreadsheets from reading a formula.
    assert [row[4].removeprefix("'") for row in cells[1:]] == wanted
    assert markdown_names(table_markdown(rows)) == [plain(f"{name}:")[:-1] for name in wanted]
    assert latex_names(table_latex(rows)) == [plain(f"{name}:")[:-1] for name in wanted]


def markdown_names(text: str) -> list[str]:
    """The methods in the order of the cells, read as Markdown."""
    found = []
    for line in text.split("\n")[2:5]:
        cells = re.split(r"(?<!\\)(?:\\\\)*\|", line)[2:-1]
        assert len(cells) == 3
        for cell in cells:
            found += [_unescaped(part) for part in re.split("<br>", cell)[1:]]
    return [name for name in found if name is not None]


def _unescaped(cell: str) -> str:
    return re.sub(r"\\(.)", r"\1", cell).strip().rpartition(":")[0]


COMMANDS = {
    "textbackslash": "\\", "textasciitilde": "~", "textasciicircum": "^", "textless": "<",
    "textgreater": ">", "textbar": "|", "textquotesingle": "'", "textasciigrave": "`",
}  # fmt: skip


def latex_names(text: str) -> list[str]:
    """The methods in the order of the cells, read as LaTeX."""
    columns: list[list[list[str]]] = []
    for line in text.split("\n"):
        if line.endswith(r"\\") and "low C &" not in line:
            if re.match(r"(high|middle|low) E &", line):
                columns.append([[], [], []])
            for column, cell in enumerate(re.split(r"(?<!\\) & ", line[:-3])[1:]):
                columns[-1][column].append(cell)
    named = [cell for band in columns for column in band for cell in column[1:] if cell.strip()]
    return [_spelled(cell).strip().rpartition(":")[0] for cell in named]


def _spelled(cell: str) -> str:
    cell = cell.replace("-{}-", "--").replace("-{}-", "--")
    cell = re.sub(r"\\(text[a-z]+)\{\}", lambda match: COMMANDS[match[1]], cell)
    return re.sub(r"\\([%_&#${}])", r"\1", cell)


@given(texts, st.integers(2, 40))
def test_lines_keep_the_text_and_the_width(text, width):
    lines = wrapped(printable(text), width)
    assert "".join(lines) == printable(text)
    spacing = [sum(not unicodedata.combining(c) for c in line.rstrip()) for line in lines]
    assert all(columns <= width for columns in spacing)


def test_a_character_without_a_glyph_is_replaced_by_its_code_point():
    assert printable("a中b", lambda c: c != "中") == "a⟨U+4E2D⟩b"
    assert printable("a\u202eb\x07") == "a⟨U+202E⟩b⟨U+0007⟩"
    assert printable("two\nlines\tand  blanks") == "two lines and blanks"
