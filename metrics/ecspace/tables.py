"""The table of methods in the nine cells as CSV, Markdown and LaTeX (Yeh et al. 2020, Table 1)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from common.tables import rows_to_csv

_LATEX = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    "'": r"\textquotesingle{}",
    "`": r"\textasciigrave{}",
}
"""Characters that LaTeX interprets otherwise, at least in its default encoding."""
_LAST_LATIN = "\u024f"
_SCRIPTS = "% Labels with letters beyond Latin: compile with LuaLaTeX and a font that has them."
Rows = Sequence[dict[str, Any]]
"""The result of `grid.table`: cells from high E to low E, within each from low C to high C."""


def table_csv(rows: Rows, note: str = "") -> str:
    """One line per cell and method. `note`, such as `simulated`, fills a last column."""
    head = ["E", "C", "cell_count", "rank", "method", "count", "percent"]
    lines: list[list[Any]] = [[*head, *(["votes"] if note else [])]]
    for cell in rows:
        for rank, part in enumerate(cell["methods"], start=1):
            values = [cell["E"], cell["C"], cell["count"], rank, part["method"], part["count"]]
            lines.append([*values, part["percent"].rstrip("%"), *([note] if note else [])])
    return rows_to_csv(lines)


def table_markdown(rows: Rows, note: str = "") -> str:
    """The grid as a Markdown table, one row per third of E."""
    lines = ["| | low C | middle C | high C |", "| --- | --- | --- | --- |"]
    for band in _bands(rows):
        cells = ["<br>".join(map(_markdown, _lines(cell))) for cell in band]
        lines.append(f"| **{band[0]['E']} E** | {' | '.join(cells)} |")
    return "\n".join([*lines, *(["", f"*{note}*"] if note else []), ""])


def table_latex(rows: Rows, note: str = "") -> str:
    """The grid as a LaTeX tabular."""
    names = (part["method"] for cell in rows for part in cell["methods"])
    lines = [
        *([_SCRIPTS] if any(c > _LAST_LATIN for name in names for c in name) else []),
        r"\begin{tabular}{llll}",
        r"\hline",
        r" & low C & middle C & high C \\",
        r"\hline",
    ]
    for band in _bands(rows):
        columns = [_lines(cell) for cell in band]
        for place in range(max(len(column) for column in columns)):
            head = f"{band[0]['E']} E" if place == 0 else ""
            texts = [_latex(column[place]) if place < len(column) else "" for column in columns]
            lines.append(f"{head} & {' & '.join(texts)} \\\\")
        lines.append(r"\hline")
    lines.append(r"\end{tabular}")
    return "\n".join([*lines, *([rf"% {note}"] if note else []), ""])


def _bands(rows: Rows) -> list[Rows]:
    return [rows[first : first + 3] for first in (0, 3, 6)]


def _lines(cell: dict[str, Any]) -> list[str]:
    listed = [f"{part['method']}: {part['percent']}" for part in cell["methods"]]
    return [f"({cell['count']} stimuli)", *listed]


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _markdown(text: str) -> str:
    return "".join(f"\\{c}" if c in "\\`*_[]<>|&$~" else c for c in _one_line(text))


def _latex(text: str) -> str:
    text = "".join(_LATEX.get(c, f"\\{c}" if c in "%_&#${}" else c) for c in _one_line(text))
    while "--" in text:  # would become a dash
        text = text.replace("--", "-{}-")
    return text
