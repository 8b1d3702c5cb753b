"""Cells of tables that a spreadsheet program would take for formulas."""

from __future__ import annotations

from typing import Any

_RISKY = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""The last four are the full-width forms of the first four, which spreadsheets fold to them."""


def harmless(cell: Any) -> Any:
    """A cell that no spreadsheet program takes for a formula."""
    # An apostrophe is doubled as well, so that every text can be read back as it was.
    if isinstance(cell, str) and cell.startswith((*_RISKY, "'")):
        return f"'{cell}"
    return cell


def as_written(cell: str) -> str:
    """The text that `harmless` made so."""
    return cell[1:] if cell.startswith(tuple(f"'{risky}" for risky in (*_RISKY, "'"))) else cell
