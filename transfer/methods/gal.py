"""GAL: Gatys' loss by the method of augmented Lagrangians (Yeh et al. 2020, supplement §1.1).

Content and style as in `gatys`. The network is cut at the content layer: the content term and that
layer's style term act on variables V that replace its features, the other style terms act on the
image, and multipliers keep V close to the image's features. `augmented` computes the steps.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from common.errors import InputError
from transfer.methods.base import SUPPLEMENT, Descent, Method
from transfer.methods.card import Card
from transfer.methods.gatys import compose
from transfer.methods.parameters import LARGEST_NUMBER, number, parameter, whole


@dataclass(frozen=True)
class Gal(Descent):
    """Gatys' parameters and those of the augmented Lagrangian. `iterations` counts all steps on I,
    which the outer steps share evenly.
    """

    outer_steps: int = parameter(
        10,
        whole(1, 1000),
        "rounds of image step, feature step and multiplier update",
        source=f"ours: {SUPPLEMENT} §1.1 gives no number; ρ has grown 21-fold in the last of ten",
    )
    rho: float = parameter(
        1.0,
        number(1e-6),
        "penalty ρ of the first round, in units of the content term",
        source=f"ours: {SUPPLEMENT} §1.1 gives no number. Of 1, 3 and 10 the one with the lowest "
        "loss of I (1.14, 1.24 and 1.41 times that of gatys after 200 steps at 128 px); the "
        "residual stayed below 0.001 with all three",
    )
    rho_growth: float = parameter(
        1.4,
        number(1, 100),
        "factor of ρ from one round to the next",
        source=f"{SUPPLEMENT} §1.1: ρ⁽ⁱ⁺¹⁾ = 1.4 ρ⁽ⁱ⁾",
    )
    feature_iterations: int = parameter(
        20,
        whole(1),
        "steps of L-BFGS on V in each round; they need no network",
        source=f"ours: {SUPPLEMENT} §1.1 gives no number; V starts where the last round ended",
    )

    def validate(self) -> None:
        """Raise InputError if nothing would keep V close to the features, or if ρ overflows."""
        super().validate()
        try:
            last = self.rho * self.rho_growth**self.outer_steps
        except OverflowError:
            last = math.inf
        if last > LARGEST_NUMBER:
            raise InputError(
                f"rho={self.rho:g} grows by rho_growth={self.rho_growth:g} in each of "
                f"outer_steps={self.outer_steps} rounds beyond the range of float32: give a "
                "smaller rho_growth or fewer outer_steps"
            )
        if self.content_weight == 0:
            raise InputError(
                "content_weight=0 cannot be used by gal, whose multipliers are in units of the "
                "content term: give a number above 0"
            )


METHOD = Method(
    key="gal",
    name="Gatys, augmented Lagrangian",
    paper="Yeh et al. 2020, supplement §1.1 and Table 1 (GAL)",
    parameters=Gal,
    card=Card(
        formula="min L(I, V) + λ · (V − φ(I)) + ρ ‖V − φ(I)‖²,  φ: features at content_layer\n"
        "content and that layer's style act on V, the other layers on I; then λ ← λ + ρ (V − "
        "φ(I)), ρ ← 1.4 ρ",
        summary="The loss of gatys, with the network cut at relu4_1: variables V replace its "
        "features, and multipliers bring the picture's features to them.",
        use="To compare ways of minimising one and the same loss.",
        failure="It has no other minimum than gatys. After few steps it is further from it (its "
        "loss is 1.26 times that of gatys after 150 steps, 1.07 times after 500), and then has "
        "less style.",
    ),
    compose=compose,
    engine="augmented",
)
