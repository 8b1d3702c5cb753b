"""Requirements on a participant's window, checked before consent and again with it.

A study declares them as JSON. A property that the browser did not send meets every requirement:
without scripts no trial can be answered anyway.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field

from studies.rules.declaration import Declaration

ORIENTATIONS = ("", "landscape", "portrait")


def _without_fraction(value: object) -> object:
    """800.0 as 800: JSON does not tell whole numbers of the two types apart."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


Pixels = Annotated[int, BeforeValidator(_without_fraction)]


def _requirement(default: object, label: str, help_text: str, use: str, **limits: Any) -> Any:
    return Field(
        default, title=label, description=help_text, json_schema_extra={"use": use}, **limits
    )


class ScreenRequirements(Declaration):
    """What a window must offer. The defaults accept every window."""

    noun: ClassVar[str] = "screen requirement"

    least_width: Pixels = _requirement(
        0, "Least width of the window",
        "In CSS pixels; 0 admits phones, which show the pictures stacked.",
        "a whole number of at least 0", ge=0,
    )  # fmt: skip
    """CSS pixels."""
    stack: bool = _requirement(
        False, "Admit narrower windows, and stack the pictures there", "", "true or false"
    )
    """Narrower windows are admitted too, and show the pictures one below the other."""
    least_height: Pixels = _requirement(
        0, "Least height of the window", "In CSS pixels.", "a whole number of at least 0", ge=0
    )
    """CSS pixels."""
    least_pixel_ratio: float = _requirement(
        0.0, "Least device-pixel ratio",
        "1 refuses pages that are zoomed out; 0 admits all.",
        "a number of at least 0", ge=0,
    )  # fmt: skip
    """Device pixels per CSS pixel; below 1 a page is zoomed out."""
    orientation: Literal["", "landscape", "portrait"] = _requirement(
        "", "Orientation of the screen", "", "landscape or portrait"
    )
    """Empty: either."""

    def refusal(self, screen: Mapping[str, Any]) -> str:
        """The first requirement that a window fails, in words; empty if it meets all.

        Args:
            screen: any of width and height in CSS pixels, pixel_ratio and orientation.

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
