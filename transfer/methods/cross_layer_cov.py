"""Cross-layer style transfer with covariance control (Yeh et al. 2020, supplement §1.2).

Content: features at one layer. Style: the covariance between the features of two layers, each minus
    its channel means, the coarser one enlarged to the finer one's size.
"""

from __future__ import annotations

from dataclasses import dataclass

from transfer.methods.base import Composition, CovarianceControl, Method
from transfer.methods.card import Card
from transfer.methods.cross_layer import CrossLayer
from transfer.methods.terms import content_terms, style_terms


@dataclass(frozen=True)
class CrossLayerCov(CovarianceControl, CrossLayer):
    """The cross-layer methods' parameters, with a style weight for covariances."""


def compose(parameters: CrossLayerCov) -> Composition:
    """L = content + Σ_(l,m) w ‖Cov_lm − Cov_lm(style)‖²; the means of features are left free."""
    return Composition(
        content=content_terms(parameters),
        style=style_terms("cross-covariance", parameters),
    )


METHOD = Method(
    key="cross-layer-cov",
    name="Cross-layer, with covariance control",
    paper="Yeh et al. 2020, supplement §1.2 and Table 1 (XLC)",
    parameters=CrossLayerCov,
    card=Card(
        formula="L = ‖F − F̂‖² + W · mean₍ₗₘ₎ ‖Covₗₘ − Ĉovₗₘ‖²",
        summary="The cross-layer loss with covariances: the means of features are left free.",
        use="To separate what cross-layer relations do from what the mean colour does.",
        failure="Nothing holds the means, so colours drift from the style's; rounding decides "
        "the first steps from nearly plain noise.",
    ),
    compose=compose,
)
