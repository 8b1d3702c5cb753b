"""Cross-layer style transfer with control of mean and covariance.

Source: Yeh et al. 2020, supplement §1.2 (XLCM).

Content: features at one layer. Style: the centred covariance between the features of two layers,
and the channel means of each style layer.
"""

from __future__ import annotations

from dataclasses import dataclass

from transfer.methods.base import Composition, CovarianceControl, MeanControl, Method
from transfer.methods.card import Card
from transfer.methods.cross_layer import CrossLayer
from transfer.methods.terms import channel_terms, content_terms, style_terms


@dataclass(frozen=True)
class CrossLayerMeanCov(CovarianceControl, MeanControl, CrossLayer):
    """The cross-layer methods' parameters and the weight of the means."""


def compose(parameters: CrossLayerMeanCov) -> Composition:
    """L = content + Σ_(l,m) w ‖Cov_lm − Cov_lm(style)‖² + Σ_l v ‖μ_l − ν_l‖²."""
    return Composition(
        content=content_terms(parameters),
        style=(
            *style_terms("cross-covariance", parameters),
            *channel_terms("means", parameters.style_layers, parameters.mean_weight, parameters),
        ),
    )


METHOD = Method(
    key="cross-layer-mean-cov",
    name="Cross-layer, with mean and covariance control",
    paper="Yeh et al. 2020, supplement §1.2 and Table 1 (XLCM)",
    parameters=CrossLayerMeanCov,
    card=Card(
        formula="L = ‖F − F̂‖² + W · (mean₍ₗₘ₎ ‖Covₗₘ − Ĉovₗₘ‖² + mean_weight · meanₗ ‖μ − μ̂‖²)",
        summary="The cross-layer covariance and the means of every style layer are held.",
        use="Where the style counts most and its fine marks shall stay with its larger structures.",
        failure="It costs more of the content than cross-layer does; in the first run of "
        "docs/methods.md it kept least of all methods.",
    ),
    compose=compose,
)
