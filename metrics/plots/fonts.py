"""Fonts of figure files: matplotlib's own, and installed ones for scripts that it lacks."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from matplotlib.font_manager import findfont, get_font

DEFAULT = "DejaVu Sans"
"""Ships with matplotlib: Latin, Greek, Cyrillic, Hebrew, Arabic and more, but not CJK."""
FALLBACKS = (
    "Noto Sans CJK SC", "Noto Sans CJK JP", "Noto Sans CJK KR", "Noto Sans SC", "Noto Sans JP",
    "Source Han Sans SC", "WenQuanYi Zen Hei", "WenQuanYi Micro Hei", "Droid Sans Fallback",
    "IPAGothic", "TakaoGothic", "NanumGothic", "Hiragino Sans", "Apple SD Gothic Neo",
    "PingFang SC", "Microsoft YaHei", "Yu Gothic", "Malgun Gothic", "Noto Sans Devanagari",
    "Noto Sans Thai",
    "Arial Unicode MS", "Unifont",
)  # fmt: skip
"""Fonts of other scripts on Linux, macOS and Windows, in the order in which they are tried."""


def families_for(texts: Iterable[str]) -> tuple[str, ...]:
    """The fonts that together have the most glyphs of `texts`; the default alone if it has all."""
    missing = {c for text in texts for c in text if not _has(DEFAULT, c)}
    chosen = [DEFAULT]
    for family in FALLBACKS:
        found = {c for c in missing if _has(family, c)}
        if found:
            chosen.append(family)
            missing -= found
    return tuple(chosen)


def has_glyph(character: str, families: Iterable[str]) -> bool:
    """Whether one of the fonts can draw a character."""
    return any(_has(family, character) for family in families)


def _has(family: str, character: str) -> bool:
    path = _path(family)
    return bool(path and get_font(path).get_char_index(ord(character)))


@cache
def _path(family: str) -> str:
    """The file of an installed font; empty if it is not installed."""
    try:
        return str(findfont(family, fallback_to_default=False))
    except ValueError:
        return ""
