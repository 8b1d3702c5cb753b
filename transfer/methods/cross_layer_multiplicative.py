"""Cross-layer style transfer with the product of the losses (Yeh & Tang 2018, arXiv 1801.01933).

Content: features at one layer. Style: the Gram matrix between the features of two layers. The two
losses are multiplied, which leaves no weight between them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from common.errors import InputError
from transfer.methods.base import Composition, Method
from transfer.methods.card import Card
from transfer.methods.cross_layer import Crossed
from transfer.methods.terms import PER_RELATIVE_UNIT, content_terms, style_terms


@dataclass(frozen=True)
class CrossLayerMultiplicative(Crossed):
    """The cross-layer method's parameters without its weights."""

    # A constant factor does not change the minima of the product.
    style_weight: ClassVar[float] = PER_RELATIVE_UNIT
    content_weight: ClassVar[float] = 1.0

    def validate(self) -> None:
        """Raise InputError for a start at which the product has no gradient."""
        super().validate()
        if self.init == "content":
            raise InputError(
                "init=content cannot be used with a product of losses: at the content picture the "
                "content loss and its gradient are zero, so the product's gradient is; use "
                "init=noise or init=content+noise"
            )


def compose(parameters: CrossLayerMultiplicative) -> Composition:
    """L = content · Σ_(l,m) ‖G_lm − A_lm‖²."""
    return Composition(
        content=content_terms(parameters),
        style=style_terms("cross-gram", parameters),
        combine="product",
    )


METHOD = Method(
    key="cross-layer-multiplicative",
    name="Cross-layer, multiplicative",
    paper="Yeh & Tang 2018; Yeh et al. 2020, supplement Table 1 (XM)",
    parameters=CrossLayerMultiplicative,
    card=Card(
        formula="L = ‖F − F̂‖² · mean₍ₗₘ₎ ‖Gₗₘ − Ĝₗₘ‖²",
        summary="The content loss and the cross-layer style loss are multiplied, which leaves no "
        "weight to choose.",
        use="Where no weight between content and style shall be chosen.",
        failure="Whichever loss can fall by a larger factor goes on falling, so the balance "
        "differs from pair to pair. It cannot start at the content, where the gradient is zero.",
    ),
    compose=compose,
)
