"""The name of an instrument for E: everything that determines its value, in one line of text."""

from __future__ import annotations

import re

BASIS_DIGITS = 16
"""Leading digits of the basis's fingerprint that a name holds."""
_FORM = re.compile(r"E-\S+ (?P<encoder>\S+) basis:(?P<basis>\S+) (?P<basis_size>\d+)px")


def effectiveness_name(version: object, encoder: str, basis: str, size: int) -> str:
    """Name an instrument for E.

    Args:
        version: of the formulas.
        encoder: its fingerprint, or its name.
        basis: the fingerprint of the basis.
        size: to which pictures are resized, pixels.

    """
    return f"E-{version} {encoder} basis:{basis[:BASIS_DIGITS]} {size}px"


def effectiveness_parts(name: str) -> dict[str, str | int]:
    """Encoder, basis and basis_size (pixels) in a name; empty for a name of another form."""
    match = _FORM.match(name)
    return match.groupdict() | {"basis_size": int(match["basis_size"])} if match else {}
