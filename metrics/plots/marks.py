"""Colours and symbols of methods. Symbols differ too, so that figures do not rely on colour."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

Marker = str | tuple[tuple[float, float], ...]
"""A marker of matplotlib: the name of a built-in one, or the corners of a shape."""

PALETTE = (
    "#e18700", "#872db4", "#00b4a5", "#d20f69", "#7878b4", "#1e6900", "#c300ff", "#b487ff",
)  # fmt: skip
"""Found by search. Any two differ by at least 0.119 in OKLab, for normal colour vision and for
protanopia, deuteranopia and tritanopia (Okabe and Ito's palette: 0.076); all contrast with white
and with dark backgrounds."""

_HOURGLASS = ((-1.0, -1.0), (1.0, -1.0), (-1.0, 1.0), (1.0, 1.0))
_BOWTIE = ((-1.0, -1.0), (-1.0, 1.0), (1.0, -1.0), (1.0, 1.0))
_STAR_4 = (
    (0.0, 1.0), (0.3, 0.3), (1.0, 0.0), (0.3, -0.3), (0.0, -1.0), (-0.3, -0.3), (-1.0, 0.0),
    (-0.3, 0.3),
)  # fmt: skip
SYMBOLS: tuple[tuple[str, Marker], ...] = (
    ("circle", "o"), ("square", "s"), ("triangle-up", "^"), ("diamond", "D"), ("cross", "P"),
    ("triangle-down", "v"), ("x", "X"), ("star", "*"), ("triangle-left", "<"),
    ("hourglass", _HOURGLASS), ("triangle-right", ">"), ("bowtie", _BOWTIE), ("diamond-tall", "d"),
    ("star-diamond", _STAR_4),
)  # fmt: skip
"""Each symbol's name in plotly and marker in matplotlib. The shapes differ clearly: a pentagon or
an octagon of a few pixels looks like a circle. Further methods get hollow symbols."""


@dataclass(frozen=True)
class Mark:
    """How one method is drawn."""

    colour: str
    symbol: str
    marker: Marker
    hollow: bool = False


BACKGROUND = Mark("#8b95a1", "circle", "o")
"""Stimuli outside the family that a figure is about."""

GATYS, CROSS_LAYER, OTHERS = "gatys", "cross-layer", "others"
_TABLE_1 = ("xl", "xm", "xlc", "xlcm")
"""Names of the methods with a cross-layer loss in Table 1 of Yeh et al. 2020."""


def family(method: str) -> str:
    """The family of a method by its name: losses within layers, across layers, or others."""
    name = method.casefold()
    if name.startswith("gatys"):
        return GATYS
    return CROSS_LAYER if name.startswith("cross-layer") or name in _TABLE_1 else OTHERS


def marks(methods: Sequence[str]) -> dict[str, Mark]:
    """Method → colour and symbol; they depend on the set of methods and not on its order.

    Methods of one family are neighbours, so that up to eight of them differ in colour as well.
    """
    found = {}
    ordered = sorted(set(methods), key=lambda method: (family(method), method))
    for place, method in enumerate(ordered):
        symbol, marker = SYMBOLS[place % len(SYMBOLS)]
        hollow = (place // len(SYMBOLS)) % 2 == 1
        symbol = f"{symbol}-open" if hollow else symbol
        found[method] = Mark(PALETTE[place % len(PALETTE)], symbol, marker, hollow)
    return found
