"""Values on the command line."""

from __future__ import annotations

import argparse

from common.pictures import MIN_SIDE


def pixels(text: str) -> int:
    """A length in pixels from the command line."""
    if not text.isdecimal() or int(text) < MIN_SIDE:
        raise argparse.ArgumentTypeError(
            f"'{text}' is no size: give whole pixels, at least {MIN_SIDE}"
        )
    return int(text)
