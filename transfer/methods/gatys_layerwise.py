"""Gatys with layerwise style weights: 2^(D − l) for the l-th of D layers (Novak & Nikulin 2016).

Content: features at one layer. Style: the Gram matrix of each style layer, the finer the heavier.
"""

from __future__ import annotations

from dataclasses import dataclass

from transfer.methods.base import Descent, Method
from transfer.methods.card import Card
from transfer.methods.gatys import compose
from transfer.methods.parameters import numbers, parameter


@dataclass(frozen=True)
class GatysLayerwise(Descent):
    """Gatys' parameters with other layer weights."""

    layer_weights: tuple[float, ...] = parameter(
        (),
        numbers(0),
        "factor of each style term, in the order of the network; empty means 2^(D − l), "
        "16, 8, 4, 2, 1 for five layers",
        source="Novak & Nikulin 2016 (arXiv 1605.04603) §3.1: w_l = 2^(D − d(l)). "
        "Yeh et al. 2020, supplement Table 1 names the method without numbers: that these are "
        "meant is our reading",
    )

    @property
    def shares(self) -> tuple[float, ...]:
        """2^(D − l), unless weights are given."""
        depth = len(self.style_layers)
        return self.layer_weights or tuple(2.0 ** (depth - one) for one in range(1, depth + 1))


METHOD = Method(
    key="gatys-layerwise",
    name="Gatys, with layerwise style weights",
    paper="Novak, Nikulin 2016; Yeh et al. 2020, supplement Table 1 (GatysL)",
    parameters=GatysLayerwise,
    card=Card(
        formula="L = ‖F − F̂‖² + W · Σₗ 2^(D−l) ‖G − Ĝ‖² ÷ Σₗ 2^(D−l)",
        summary="Gatys' loss with style weights 16, 8, 4, 2, 1 from relu1_1 to relu5_1: the "
        "finest layer counts most.",
        use="For the style's colours and fine texture on a content whose shapes shall stay.",
        failure="The style's larger structures hardly appear, because the layers that see them "
        "count least.",
    ),
    compose=compose,
)
