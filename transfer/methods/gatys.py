"""Gatys et al. 2016, "Image Style Transfer Using Convolutional Neural Networks".

Content: features at one layer. Style: the Gram matrix of each style layer.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from transfer.methods.base import Aggressive, Composition, Descent, Method
from transfer.methods.card import Card
from transfer.methods.terms import content_terms, style_terms


@dataclass(frozen=True)
class Gatys(Descent):
    """The parameters of all descents."""


@dataclass(frozen=True)
class AggressiveGatys(Aggressive, Gatys):
    """The same with the aggressive style weight."""


def compose(parameters: Descent) -> Composition:
    """L = content + Σ_l w_l ‖G_l − A_l‖²."""
    return Composition(
        content=content_terms(parameters),
        style=style_terms("gram", parameters),
    )


METHOD = Method(
    key="gatys",
    name="Gatys",
    paper="Gatys, Ecker, Bethge 2016; Yeh et al. 2020, supplement §1.1",
    parameters=Gatys,
    card=Card(
        formula="L = ‖F − F̂‖² at content_layer + W · meanₗ ‖G − Ĝ‖²",
        summary="The pixels of a noise picture are changed until its features at relu4_1 are the "
        "content's and its Gram matrices at five layers are the style's.",
        use="As the reference: the method of which most is known, and with which every other one "
        "is compared.",
        failure="The Gram matrix fixes the sum of covariance and squared mean, not each of them, "
        "so brightness and contrast may differ from the style's (docs/symmetry.md). Marks that "
        "are larger than what relu5_1 sees do not appear.",
    ),
    compose=compose,
    presets={
        # leongatys/PytorchNeuralStyleTransfer, cells 5-8: its layers, weights, start and steps
        "reference": {
            "content_layer": "relu4_2",
            "normalisation": "gatys",
            "init": "content",
            "style_weight": 1000.0,
            "iterations": 500,
        },
        # Gatys et al. 2016 §3: content at conv4_2, style at conv1_1 … conv5_1, α/β = 1e-3, white
        # noise; equations 1 and 4: ½ Σ and 1 / (4 N² M²) Σ.
        "paper": {
            "content_layer": "relu4_2",
            "normalisation": "paper",
            "init": "noise",
            "style_weight": 1000.0,
        },
    },
)

AGGRESSIVE = replace(
    METHOD,
    key="gatys-aggressive",
    name="Gatys, aggressive",
    paper="Gatys, Ecker, Bethge 2016; Yeh et al. 2020, supplement Table 1 (Gatys aggressive)",
    parameters=AggressiveGatys,
    card=Card(
        formula="L = ‖F − F̂‖² at content_layer + 60 · meanₗ ‖G − Ĝ‖²",
        summary="Gatys' loss with a style weight of 6000, six times the default.",
        use="As the end of a range of strengths at which the style counts most.",
        failure="It keeps little of the content: small objects and faces dissolve into the "
        "style's marks.",
    ),
    presets={},
    weights="aggressive",
)
