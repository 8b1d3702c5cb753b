"""The actions of `manage.py study`: each is an `Action` and one line here."""

from __future__ import annotations

from studies.management.actions import create, erase, lifecycle, rehearse, simulate, tables
from studies.management.actions.action import Action, Options

__all__ = ["ACTIONS", "Action", "Options"]

ACTIONS: dict[str, Action] = {
    "list": lifecycle.LIST,
    "create": create.ACTION,
    "open": lifecycle.OPEN,
    "pause": lifecycle.PAUSE,
    "resume": lifecycle.RESUME,
    "close": lifecycle.CLOSE,
    "reopen": lifecycle.REOPEN,
    "delete": lifecycle.DELETE,
    "plan": lifecycle.PLAN,
    "simulate": simulate.ACTION,
    "rehearse": rehearse.ACTION,
    "erase": erase.ACTION,
    "export": tables.EXPORT,
    "bundle": tables.BUNDLE,
    "codebook": tables.CODEBOOK,
    "import": tables.IMPORT,
}
"""Every action by its name on the command line."""
