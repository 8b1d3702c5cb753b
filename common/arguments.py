"""Types of command-line options."""

from __future__ import annotations

import argparse

from common.pictures import MIN_SIDE


def pixels(text: str) -> int:
    """Parse a length in pixels, at least MIN_SIDE."""
    if not text.isdecimal() or int(text) < MIN_SIDE:
        raise argparse.ArgumentTypeError(
            f"'{text}' is not a size: give whole pixels, at least {MIN_SIDE}"
        )
    return int(text)
