"""Parse NAME=VALUE words."""

from __future__ import annotations

from collections.abc import Iterable

from common.errors import InputError


def name_and_value(word: str) -> tuple[str, str]:
    """Split a word at its first `=`.

    Raises:
        InputError: there is no name or no `=`.

    """
    name, sign, value = word.partition("=")
    if not sign or not name:
        raise InputError(f"{word!r} is not understood: use NAME=VALUE, such as init=content")
    return name, value


def names_and_values(words: Iterable[str]) -> dict[str, str]:
    """Several words; of a name that is given twice the last value holds. Raises InputError."""
    return dict(name_and_value(word) for word in words)
