"""Table 1 as text."""

from __future__ import annotations

import csv
import io
import re

import pytest

from metrics.ecspace.grid import LEVELS
from metrics.ecspace.tables import table_csv, table_latex, table_markdown


@pytest.fixture
def rows():
    parts = [
        {"method": "gatys_cov & more", "count": 3, "percent": "75.00%"},
        {"method": "universal", "count": 1, "percent": "25.00%"},
    ]
    return [
        {"E": e, "C": c, "count": 4, "methods": parts if c == "low" else parts[:1]}
        for e in LEVELS[::-1]
        for c in LEVELS
    ]


def test_csv_has_a_line_for_each_method_of_each_cell(rows):
    lines = list(csv.DictReader(io.StringIO(table_csv(rows))))
    assert len(lines) == 3 * (2 + 1 + 1)
    assert lines[0] == {
        "E": "high", "C": "low", "cell_count": "4", "rank": "1",
        "method": "gatys_cov & more", "count": "3", "percent": "75.00",
    }  # fmt: skip
    assert "votes" in table_csv(rows, "simulated").splitlines()[0]
    assert all(
        line.endswith(",simulated") for line in table_csv(rows, "simulated").splitlines()[1:]
    )


def test_markdown_has_a_row_for_each_third_of_e(rows):
    text = table_markdown(rows, "simulated votes")
    lines = text.splitlines()
    assert [line.split("|")[1].strip() for line in lines[2:5]] == [
        "**high E**", "**middle E**", "**low E**",
    ]  # fmt: skip
    assert all(line.count("|") == 5 for line in lines[:5])
    assert "gatys\\_cov \\& more: 75.00%" in text
    assert "*simulated votes*" in text


def test_markdown_keeps_names_as_they_are():
    name = "a|b <i>*c*</i> [d](e) `f`"
    parts = [{"method": name, "count": 1, "percent": "100.00%"}]
    rows = [{"E": e, "C": c, "count": 1, "methods": parts} for e in LEVELS for c in LEVELS]
    line = table_markdown(rows).splitlines()[2]
    assert len(re.findall(r"(?<!\\)\|", line)) == 5
    assert not re.search(r"(?<!\\)[`\[\]]|(?<!\\)<(?!br>)", line)
    shown = re.sub(r"\\(.)", r"\1", line)
    assert shown.count(name) == 3


def test_latex_escapes_special_characters(rows):
    text = table_latex(rows, "simulated votes")
    assert r"gatys\_cov \& more: 75.00\%" in text
    assert text.count(r"\\") == 1 + 3 * 3
    assert "% simulated votes" in text
