"""Gatys with control of mean and covariance (Yeh et al. 2020, supplement §1 and §1.2).

Content: features at one layer. Style: centred covariance and channel means of each style layer. The
Gram matrix is their sum, Cov + μμᵀ, but its loss leaves free how it is split
(`transfer.features.symmetry`).
"""

from __future__ import annotations

from dataclasses import dataclass

from transfer.methods.base import Composition, CovarianceControl, Descent, MeanControl, Method
from transfer.methods.card import Card
from transfer.methods.terms import channel_terms, content_terms, style_terms


@dataclass(frozen=True)
class GatysMeanCov(CovarianceControl, MeanControl, Descent):
    """Gatys' parameters and the weight of the means."""


def compose(parameters: GatysMeanCov) -> Composition:
    """L = content + Σ_l w_l ‖Cov_l − Cov_l(style)‖² + Σ_l v ‖μ_l − ν_l‖²."""
    return Composition(
        content=content_terms(parameters),
        style=(
            *style_terms("covariance", parameters),
            *channel_terms("means", parameters.style_layers, parameters.mean_weight, parameters),
        ),
    )


METHOD = Method(
    key="gatys-mean-cov",
    name="Gatys, with mean and covariance control",
    paper="Yeh et al. 2020, supplement §1, §1.2 and Table 1 (GatysCM)",
    parameters=GatysMeanCov,
    card=Card(
        formula="L = ‖F − F̂‖² + W · (meanₗ ‖Cov − Ĉov‖² + mean_weight · meanₗ ‖μ − μ̂‖²)",
        summary="Covariance and mean of every style layer are held, each by its own term.",
        use="Where the style counts most: it leaves free neither of the two parts of the Gram "
        "matrix.",
        failure="More of the style costs more of the content than with gatys at the same visible "
        "strength.",
    ),
    compose=compose,
)
