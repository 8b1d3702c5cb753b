"""Labels in figures: any text is shown as it is written, never as markup.

Labels come from file names and from other tools. They may hold `$`, `_` or `<`, any script, and up
to 100 letters.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable

_EMPTY = "(no name)"
_CONTROLS = ("Cc", "Cs", "Co", "Cn")
_DIRECTION = frozenset("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Characters that turn the text around them; they would reorder the rest of a legend."""


def printable(text: str, has_glyph: Callable[[str], bool] = lambda character: True) -> str:
    """A label on one line.

    White space becomes a blank. A character that cannot be shown (a control character, or one for
    which `has_glyph` is false) is replaced by its code point, such as ⟨U+4E2D⟩.
    """
    line = " ".join(text.split()) or _EMPTY
    return "".join(
        f"⟨U+{ord(c):04X}⟩"
        if unicodedata.category(c) in _CONTROLS or c in _DIRECTION or not has_glyph(c)
        else c
        for c in line
    )


def wrapped(text: str, width: int) -> list[str]:
    """Lines of at most `width` columns; East Asian wide characters take two columns each.

    Lines end at blanks if possible. Joined without a separator, they give the text.
    """
    lines, line, used = [], "", 0
    for character in text:
        columns = _columns(character)
        if used + columns > width:
            head, blank, tail = line.rpartition(" ")
            if not blank or character == " ":
                head, blank, tail = line, "", ""
            lines.append(head + blank)
            line, used = tail, sum(map(_columns, tail))
        line += character
        used += columns
    return [*lines, line]


def _columns(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
