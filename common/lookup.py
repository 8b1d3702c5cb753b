"""Find an entry by its name. The error for an unknown name lists the known ones."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Mapping
from typing import TypeVar

from common.errors import InputError

V = TypeVar("V")


def find(what: str, name: str, known: Mapping[str, V]) -> V:
    """The entry of `known` called `name`.

    Args:
        what: the kind of entry, for the message, such as `method`.
        name: as it was given.
        known: entries by their names.

    Raises:
        InputError: there is no such entry.

    """
    check_name(what, name, known)
    return known[name]


def check_name(what: str, name: str, known: Collection[str]) -> None:
    """Raise InputError unless `name` is one of `known`."""
    if name not in known:
        raise InputError(unknown(what, name, known))


def unknown(what: str, name: str, known: Iterable[str]) -> str:
    """The message for an unknown name; a likely misspelling is pointed out."""
    names = [str(one) for one in known]
    listed = f"use one of {', '.join(names)}" if names else "there is none"
    close = difflib.get_close_matches(name, names, n=1, cutoff=0.75)
    return f"unknown {what} {name!r}: {listed}{f' (did you mean {close[0]}?)' if close else ''}"
