"""Gatys with histogram loss: Risser, Wilmot, Barnes 2017 (arXiv 1701.08893).

Content: features at one layer. Style: the Gram matrix of each style layer, and the histogram of
every channel of some layers.
"""

from __future__ import annotations

from dataclasses import dataclass

from transfer.methods.base import Composition, Descent, Method
from transfer.methods.card import Card
from transfer.methods.parameters import layers, number, parameter
from transfer.methods.terms import channel_terms, content_terms, style_terms


@dataclass(frozen=True)
class GatysHistogram(Descent):
    """Gatys' parameters and those of the histogram terms."""

    histogram_layers: tuple[str, ...] = parameter(
        ("relu1_1", "relu4_1"),
        layers(),
        "layers whose channel histograms are matched",
        source="Risser et al. 2017 §4.4: histogram losses at relu4_1 and relu1_1",
    )
    histogram_weight: float = parameter(
        1.0,
        number(0),
        "strength of the histogram terms, against the Gram terms",
        source="ours: the paper balances by gradients and public code by hand (2e9 … 3.5e7 beside "
        "unnormalised Gram matrices), neither of which carries over; relative to their targets "
        "both kinds of term start at 1, so they weigh alike. Values are matched by sorting, so "
        "there are no bins to choose",
    )


def compose(parameters: GatysHistogram) -> Composition:
    """L = content + Σ_l w_l ‖G_l − A_l‖² + Σ_l v ‖F_l − R(F_l)‖², R the exact histogram match."""
    return Composition(
        content=content_terms(parameters),
        style=(
            *style_terms("gram", parameters),
            *channel_terms(
                "histograms", parameters.histogram_layers, parameters.histogram_weight, parameters
            ),
        ),
    )


METHOD = Method(
    key="gatys-histogram",
    name="Gatys, with histogram loss",
    paper="Risser, Wilmot, Barnes 2017; Yeh et al. 2020, supplement Table 1 (GatysH)",
    parameters=GatysHistogram,
    card=Card(
        formula="L = ‖F − F̂‖² + W · (meanₗ ‖G − Ĝ‖² + histogram_weight · meanₖ ‖F − R(F)‖²)\n"
        "R(F): the style's values of a channel, sorted, in the order of the image's; k: relu1_1, "
        "relu4_1",
        summary="Gatys' loss, and every channel of two layers also gets the style's histogram.",
        use="Where pictures by Gram matrices alone are too flat or too contrasty: the histogram "
        "fixes what the Gram matrix leaves free.",
        failure="A step sorts every channel of two layers and takes about a fifth longer. Where "
        "the content is one flat area, its places have no order, and noise decides which of them "
        "get the extreme values.",
    ),
    compose=compose,
)
