"""Gatys with covariance control: the covariance replaces the Gram matrix.

Source: Yeh et al. 2020, supplement §1.2.

Content: features at one layer. Style: the centred covariance of each style layer.
"""

from __future__ import annotations

from dataclasses import dataclass

from transfer.methods.base import Composition, CovarianceControl, Descent, Method
from transfer.methods.card import Card
from transfer.methods.terms import content_terms, style_terms


@dataclass(frozen=True)
class GatysCov(CovarianceControl, Descent):
    """The parameters of all descents, with a style weight for covariances."""


def compose(parameters: GatysCov) -> Composition:
    """L = content + Σ_l w_l ‖Cov_l − Cov_l(style)‖²; the means of features are left free."""
    return Composition(
        content=content_terms(parameters),
        style=style_terms("covariance", parameters),
    )


METHOD = Method(
    key="gatys-cov",
    name="Gatys, with covariance control",
    paper="Yeh et al. 2020, supplement §1.2 and Table 1 (GatysC)",
    parameters=GatysCov,
    card=Card(
        formula="L = ‖F − F̂‖² + W · meanₗ ‖Cov − Ĉov‖²",
        summary="Gatys' loss with covariances in the place of Gram matrices: the means of "
        "features are left free.",
        use="To see what the style's variation does without its mean colour.",
        failure="Nothing holds the means, so colours drift from the style's. Covariances are "
        "small beside Gram matrices: style weights mean something else than with gatys, and from "
        "nearly plain noise the first steps depend on rounding.",
    ),
    compose=compose,
)
