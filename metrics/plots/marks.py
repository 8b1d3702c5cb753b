"""Colours and symbols: each method has its own, so that figures can be read without colour."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

Marker = str | tuple[tuple[float, float], ...]
"""What matplotlib draws: a name of its own, or the corners of a shape that it has no name for."""

PALETTE = (
    "#e18700", "#872db4", "#00b4a5", "#d20f69", "#7878b4", "#1e6900", "#c300ff", "#b487ff",
)  # fmt: skip
"""Found by search: any two are at least 0.119 apart in OKLab as seen with normal sight and without
red, green or blue cones (Okabe & Ito's palette: 0.076), and all show on white and on dark."""

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
"""Each symbol as plotly and as matplotlib name it. No two cover the same ground: a pentagon or an
octagon of a few pixels would be taken for a circle. Hollow ones follow when these are used up."""


@dataclass(frozen=True)
class Mark:
    """How one method is drawn."""

    colour: str
    symbol: str
    marker: Marker
    hollow: bool = False


GROUND = Mark("#8b95a1", "circle", "o")
"""What a figure is not about."""


GATYS, CROSS_LAYER, OTHERS = "gatys", "cross-layer", "others"
_TABLE_1 = ("xl", "xm", "xlc", "xlcm")
"""What the paper's Table 1 calls the methods with a cross-layer loss."""


def family(method: str) -> str:
    """Tell a method's family by its name: one loss within layers, one across them, or neither."""
    name = method.casefold()
    if name.startswith("gatys"):
        return GATYS
    return CROSS_LAYER if name.startswith("cross-layer") or name in _TABLE_1 else OTHERS


def marks(methods: Sequence[str]) -> dict[str, Mark]:
    """Give each method its colour and symbol, the same for the same set in any order.

    Families stay together, so that up to eight methods of one family differ in colour as well.
    """
    found = {}
    ordered = sorted(set(methods), key=lambda method: (family(method), method))
    for place, method in enumerate(ordered):
        symbol, marker = SYMBOLS[place % len(SYMBOLS)]
        hollow = (place // len(SYMBOLS)) % 2 == 1
        symbol = f"{symbol}-open" if hollow else symbol
        found[method] = Mark(PALETTE[place % len(PALETTE)], symbol, marker, hollow)
    return found
