"""The cross-layer method with style weights so large that little of the content is left.

Content: features at one layer. Style: the Gram matrix between the features of two layers.
"""

from __future__ import annotations

from dataclasses import dataclass

from transfer.methods.base import Method
from transfer.methods.cross_layer import CrossLayer, compose
from transfer.methods.parameters import number, parameter
from transfer.methods.weights import AGGRESSIVE_SOURCE, AGGRESSIVE_WEIGHT


@dataclass(frozen=True)
class CrossLayerAggressive(CrossLayer):
    """The cross-layer method's parameters with another style weight."""

    style_weight: float = parameter(
        AGGRESSIVE_WEIGHT,
        number(0),
        "strength of the style, in the range that is called aggressive",
        source=AGGRESSIVE_SOURCE,
    )


METHOD = Method(
    key="cross-layer-aggressive",
    name="Cross-layer, aggressive",
    paper="Yeh & Tang 2018; seed 000 Table 1 (Cross-layer, aggressive)",
    parameters=CrossLayerAggressive,
    compose=compose,
    weights="aggressive",
)
