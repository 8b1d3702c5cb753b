"""Confirmation of an act that cannot be undone: the user types the name of what it changes."""

from __future__ import annotations

import unicodedata

from common.errors import InputError


def check_name_typed(typed: str, name: str, act: str) -> None:
    """Compare the name that was typed, blanks around it and Unicode forms apart.

    Args:
        typed: what the user typed.
        name: the name of the thing.
        act: what is to be confirmed, such as "close the study".

    Raises:
        InputError: the names differ.

    """
    first, second = (unicodedata.normalize("NFC", text).strip() for text in (typed, name))
    if first != second:
        raise InputError(f"to {act}, type its name: {name}")
