"""Gatys' method with style weights so large that little of the content is left (seed 000 Table 1).

Content: features at one layer. Style: the Gram matrix of each style layer.
"""

from __future__ import annotations

from dataclasses import dataclass

from transfer.methods.base import Method
from transfer.methods.gatys import Gatys, compose
from transfer.methods.parameters import number, parameter
from transfer.methods.weights import AGGRESSIVE_SOURCE, AGGRESSIVE_WEIGHT


@dataclass(frozen=True)
class GatysAggressive(Gatys):
    """Gatys' parameters with another style weight."""

    style_weight: float = parameter(
        AGGRESSIVE_WEIGHT,
        number(0),
        "strength of the style, in the range that is called aggressive",
        source=AGGRESSIVE_SOURCE,
    )


METHOD = Method(
    key="gatys-aggressive",
    name="Gatys, aggressive",
    paper="Gatys, Ecker, Bethge 2016; seed 000 Table 1 (Gatys aggressive)",
    parameters=GatysAggressive,
    compose=compose,
    weights="aggressive",
)
