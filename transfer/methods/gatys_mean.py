"""Gatys with mean control: the loss holds Gram matrices and channel means.

Source: Yeh et al. 2020, supplement §1.2.

Content: features at one layer. Style: Gram matrix and channel means of each style layer.
"""

from __future__ import annotations

from dataclasses import dataclass

from transfer.methods.base import Composition, Descent, MeanControl, Method
from transfer.methods.card import Card
from transfer.methods.terms import channel_terms, content_terms, style_terms


@dataclass(frozen=True)
class GatysMean(MeanControl, Descent):
    """Gatys' parameters and the weight of the means."""


def compose(parameters: GatysMean) -> Composition:
    """L = content + Σ_l w_l ‖G_l − A_l‖² + Σ_l v ‖μ_l − ν_l‖²."""
    return Composition(
        content=content_terms(parameters),
        style=(
            *style_terms("gram", parameters),
            *channel_terms("means", parameters.style_layers, parameters.mean_weight, parameters),
        ),
    )


METHOD = Method(
    key="gatys-mean",
    name="Gatys, with mean control",
    paper="Yeh et al. 2020, supplement §1.2 and Table 1 (GatysM)",
    parameters=GatysMean,
    card=Card(
        formula="L = ‖F − F̂‖² + W · (meanₗ ‖G − Ĝ‖² + mean_weight · meanₗ ‖μ − μ̂‖²)",
        summary="Gatys' loss, and the channel means of every style layer are held as well.",
        use="Where colours and brightness shall be the style's: with the mean fixed, the Gram "
        "matrix fixes the covariance too.",
        failure="The means already make up most of a Gram matrix, so pictures differ little from "
        "those of gatys.",
    ),
    compose=compose,
)
