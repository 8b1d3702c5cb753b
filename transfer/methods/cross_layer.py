"""Cross-layer style transfer: Yeh & Tang 2018, "Improved Style Transfer by Respecting Inter-layer
Correlations" (arXiv 1801.01933).

Content: features at one layer. Style: the Gram matrix between the features of two layers, the
coarser one enlarged to the finer one's size.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import combinations, pairwise

from transfer.encoders.layout import STYLE_LAYERS
from transfer.methods.base import SUPPLEMENT, Aggressive, Composition, Descent, Method, Unweighted
from transfer.methods.card import Card
from transfer.methods.parameters import choice, layers, parameter
from transfer.methods.terms import content_terms, style_terms


@dataclass(frozen=True)
class Crossed(Unweighted):
    """Parameters of a descent on cross-layer statistics."""

    style_layers: tuple[str, ...] = parameter(
        STYLE_LAYERS,
        layers(least=2),
        "the layers that are paired",
        source=f"{SUPPLEMENT} §1.1, Figures 4-6: R11, R21, R31, R41, R51",
    )
    pairs: str = parameter(
        "consecutive",
        choice("consecutive", "all"),
        "which layers are crossed: each with the next, or each with every other",
        source="Yeh & Tang 2018 §3, pairwise descending (R51, R41) … (R21, R11); public code does "
        "the same",
    )

    @property
    def groups(self) -> list[tuple[str, ...]]:
        """The crossed layers, the finer one first."""
        return list((pairwise if self.pairs == "consecutive" else _all)(self.style_layers))


@dataclass(frozen=True)
class CrossLayer(Crossed, Descent):
    """Parameters of a cross-layer descent with weights of style and content."""


@dataclass(frozen=True)
class AggressiveCrossLayer(Aggressive, CrossLayer):
    """The same with the aggressive style weight."""


def _all(names: tuple[str, ...]) -> combinations[tuple[str, ...]]:
    return combinations(names, 2)


def compose(parameters: CrossLayer) -> Composition:
    """L = content + Σ_(l,m) w ‖G_lm − A_lm‖² with G_lm = F_l ↑F_mᵀ."""
    return Composition(
        content=content_terms(parameters),
        style=style_terms("cross-gram", parameters),
    )


METHOD = Method(
    key="cross-layer",
    name="Cross-layer",
    paper="Yeh & Tang 2018; Yeh et al. 2020, supplement §1.2 and Table 1 (XL)",
    parameters=CrossLayer,
    card=Card(
        formula="L = ‖F − F̂‖² + W · mean₍ₗₘ₎ ‖Gₗₘ − Ĝₗₘ‖²,  Gₗₘ = Fₗ (↑Fₘ)ᵀ / n\n"
        "(l, m): each style layer with the next; ↑: enlarged to the finer map",
        summary="Gatys' loss with Gram matrices between the features of two neighbouring layers.",
        use="Where fine marks shall go together with the larger structures in which the style "
        "has them.",
        failure="No layer's own Gram matrix is held. A coarse map is enlarged by repeating its "
        "values, so the relation of fine to coarse marks is only known to within a few pixels.",
    ),
    compose=compose,
)

AGGRESSIVE = replace(
    METHOD,
    key="cross-layer-aggressive",
    name="Cross-layer, aggressive",
    paper="Yeh & Tang 2018; Yeh et al. 2020, supplement Table 1 (Cross-layer, aggressive)",
    parameters=AggressiveCrossLayer,
    card=Card(
        formula="L = ‖F − F̂‖² + 60 · mean₍ₗₘ₎ ‖Gₗₘ − Ĝₗₘ‖²",
        summary="The cross-layer loss with a style weight of 6000, six times the default.",
        use="As the strong end of a range of strengths of the cross-layer family.",
        failure="It keeps little of the content.",
    ),
    weights="aggressive",
)
