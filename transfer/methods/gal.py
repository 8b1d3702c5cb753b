"""GAL: Gatys' loss by the method of augmented Lagrangians (seed 000 §1.1).

Content and style as in `gatys`. The network is cut at the content layer: the content term and that
layer's style term act on variables V in the place of its features, the other style terms act on the
image, and multipliers tie V to the image's features. `augmented` does the steps.
"""

from __future__ import annotations

from dataclasses import dataclass

from common.errors import InputError
from transfer.methods.base import Descent, Method
from transfer.methods.gatys import compose
from transfer.methods.parameters import number, parameter, whole


@dataclass(frozen=True)
class Gal(Descent):
    """Gatys' parameters and those of the augmented Lagrangian. `iterations` counts all steps on I,
    which the outer steps share evenly.
    """

    outer_steps: int = parameter(
        10,
        whole(1, 1000),
        "rounds of image step, feature step and multiplier update",
        source="ours: seed 000 §1.1 gives no number; ρ has grown 21-fold in the last of ten",
    )
    rho: float = parameter(
        1.0,
        number(1e-6),
        "penalty ρ of the first round, in units of the content term",
        source="ours: seed 000 §1.1 gives no number. Of 1, 3 and 10 the one with the lowest loss "
        "of I (1.14, 1.24 and 1.41 times that of gatys after 200 steps at 128 px); the residual "
        "stayed below 0.001 with all three",
    )
    rho_growth: float = parameter(
        1.4,
        number(1, 100),
        "factor of ρ from one round to the next",
        source="seed 000 §1.1: ρ⁽ⁱ⁺¹⁾ = 1.4 ρ⁽ⁱ⁾",
    )
    feature_iterations: int = parameter(
        20,
        whole(1),
        "steps of L-BFGS on V in each round; they need no network",
        source="ours: seed 000 §1.1 gives no number; V starts where the last round left it",
    )

    def check(self) -> None:
        """Raise InputError where V would not be tied to anything."""
        super().check()
        if self.content_weight == 0:
            raise InputError(
                "content_weight=0 cannot be used by gal, whose multipliers are in units of the "
                "content term: give a number above 0"
            )


METHOD = Method(
    key="gal",
    name="Gatys, augmented Lagrangian",
    paper="seed 000 §1.1 and Table 1 (GAL)",
    parameters=Gal,
    compose=compose,
    engine="augmented",
)
