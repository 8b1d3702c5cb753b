"""The name of an instrument for C: everything that determines its value except the pictures."""

from __future__ import annotations

import re

_FORM = re.compile(r"(?P<detector>\S+) F\d+ tolerance:\S+ resize:\S+ truth:(?P<truth>\S+)")


def coherence_name(detector: str, thresholds: int, tolerance: float, truth: str) -> str:
    """Name an instrument for C.

    Args:
        detector: its fingerprint.
        thresholds: number of thresholds of the F-measure.
        tolerance: of matched boundaries, as a fraction of the picture's diagonal.
        truth: source of the reference boundaries.

    """
    return f"{detector} F{thresholds} tolerance:{tolerance} resize:bilinear-to-truth truth:{truth}"


def coherence_parts(name: str) -> dict[str, str]:
    """The detector and the source of the truth in a name; empty for a name of another form."""
    match = _FORM.match(name)
    return match.groupdict() if match else {}
