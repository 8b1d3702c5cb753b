"""The window that a study asks for. It is looked at before consent, and again when it is given.

A study declares its gates as JSON. What a browser does not tell keeps nobody out: without scripts
no trial can be answered anyway.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from common.errors import InputError
from common.lookup import check_name

ORIENTATIONS = ("", "landscape", "portrait")


@dataclass(frozen=True)
class Gates:
    """What a window must offer. A gate that is left at its default lets everybody in."""

    least_width: int = 0
    """CSS pixels."""
    least_height: int = 0
    """CSS pixels."""
    stack: bool = False
    """Narrower windows are let in all the same, and show the pictures one below the other."""
    least_pixel_ratio: float = 0.0
    """Device pixels per CSS pixel; below 1 a page is zoomed out."""
    orientation: str = ""
    """landscape or portrait; empty: either."""

    @classmethod
    def of(cls, declared: Mapping[str, Any]) -> Gates:
        """The gates that JSON declares.

        Raises:
            InputError: a name is unknown, or a value is not of its gate's kind.

        """
        known = {field.name: field for field in fields(cls)}
        for name, value in declared.items():
            check_name("gate", name, sorted(known))
            if not _fits(known[name].default, value):
                raise InputError(f"gate {name}={value!r} is not understood")
        if declared.get("orientation", "") not in ORIENTATIONS:
            raise InputError(
                f"orientation '{declared['orientation']}' is unknown: use landscape or portrait"
            )
        return cls(**declared)

    def declared(self) -> dict[str, Any]:
        """The gates that are shut to somebody, as JSON."""
        return {name: value for name, value in asdict(self).items() if value}

    def refusal(self, screen: Mapping[str, Any]) -> str:
        """Why a window does not do, by the first gate that it fails; nothing where it does.

        `screen` may hold width and height in CSS pixels, pixel_ratio and orientation.
        """
        if screen.get("width", math.inf) < self.least_width and not self.stack:
            return "window too narrow"
        if screen.get("height", math.inf) < self.least_height:
            return "window too low"
        if screen.get("pixel_ratio", math.inf) < self.least_pixel_ratio:
            return "too few pixels"
        if self.orientation and screen.get("orientation", self.orientation) != self.orientation:
            return "wrong orientation"
        return ""


def _fits(default: object, value: object) -> bool:
    if isinstance(default, bool | str):
        return isinstance(value, type(default))
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return (
        math.isfinite(value) and value >= 0 and (isinstance(default, float) or value == int(value))
    )
