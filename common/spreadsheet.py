"""Cells of tables that a spreadsheet program would take for formulas."""

from __future__ import annotations

import re
from typing import Any

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""The last four are the full-width forms of the first four, which spreadsheets treat like them."""
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)


def escape_formula(cell: Any) -> Any:
    """A cell that no spreadsheet program takes for a formula: an apostrophe comes before it.

    Plain numbers are unchanged. An apostrophe at the start is doubled, so that `unescape_formula`
    restores every text.
    """
    if not isinstance(cell, str) or not cell.startswith((*_FORMULA, "'")):
        return cell
    return cell if _NUMBER.fullmatch(cell) else f"'{cell}"


def unescape_formula(cell: str) -> str:
    """The text that `escape_formula` was given."""
    return cell[1:] if cell.startswith(tuple(f"'{first}" for first in (*_FORMULA, "'"))) else cell
