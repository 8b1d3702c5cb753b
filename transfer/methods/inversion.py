"""Style representation by inversion: a picture from noise that has the style's statistics of one
layer, and no content.

Source: "Style Representation" (a thesis chapter on style losses, after Mahendran & Vedaldi 2015).
`inversion_engine` computes it; `python -m transfer invert` saves its state regularly.
"""

from __future__ import annotations

from dataclasses import dataclass

from common.errors import InputError
from transfer.methods.base import Method
from transfer.methods.card import Card
from transfer.methods.parameters import Parameters, choice, layer, number, parameter, whole

CHAPTER = "“Style Representation” (thesis chapter)"
LOSSES = ("gram", "moments", "mmd")
TABLE: dict[str, dict[str, tuple[int, ...]]] = {
    "relu1_1": {
        "gram": (100,),
        "mmd": (100,),
        "moments": (20, 40, 60, 100),
    },
    "relu1_2": {
        "gram": (150,),
        "mmd": (150,),
        "moments": (40, 80, 120, 200),
    },
    "relu2_1": {
        "gram": (200,),
        "mmd": (200,),
        "moments": (60, 120, 180, 300),
    },
    "relu2_2": {
        "gram": (250,),
        "mmd": (250,),
        "moments": (80, 160, 240, 400),
    },
}
"""Thousands of iterations by layer and loss, those of moments for N = 1 … 4. Source: the chapter's
table 1.1."""
EXTENSION, EXTENSIONS = 1_000, 240
"""§1.3: an image whose loss is not below θ is trained 1,000 iterations more, up to 240 times."""


@dataclass(frozen=True)
class Inversion(Parameters):
    """Loss, layer and schedule."""

    loss: str = parameter(
        "gram",
        choice(*LOSSES),
        "gram: Σ(G − A)² ÷ (c w h)²; moments: the first moments of every channel, each order "
        "weighted by ψ; mmd: Σ h over channels and pairs of neighbouring places, with a Gaussian "
        "kernel on numbers",
        source=f"{CHAPTER} §1.2, equations 1.2 to 1.6; the first one is the default here",
    )
    layer: str = parameter(
        "relu2_1",
        layer(),
        "layer whose features are inverted",
        source=f"{CHAPTER} equation 1.7: relu1_1, relu1_2, relu2_1, relu2_2; ours: the third",
    )
    moments: int = parameter(
        2,
        whole(1, 4),
        "number of moments N of loss=moments",
        source=f"{CHAPTER} §1.4: N = 1 … 4; ours: 2, which converges like Gram matrices there",
    )
    moment_kind: str = parameter(
        "raw",
        choice("raw", "central"),
        "whether moments from order 2 on are of the features or of their difference from the mean",
        source=f"ours: {CHAPTER} §1.2.2 does not say which",
    )
    budget: float = parameter(
        0.01,
        number(0, 1),
        "share of the iterations of table 1.1, and of the extensions, that are run",
        source="ours: a whole schedule takes hours for a picture (1 is that of the source, and the "
        "default of python -m transfer invert)",
    )
    rate: float = parameter(
        1e-3,
        number(0, 1),
        "Adam's learning rate, in units of [0, 1] of the pixels",
        source=f"{CHAPTER} §1.3: η = 1e-3, β = 0.9 and 0.999",
    )
    threshold: float = parameter(
        1e-5,
        number(0),
        "the loss below which a picture is finished",
        source=f"{CHAPTER} §1.3: θ = 1e-5",
    )

    @property
    def iterations(self) -> int:
        """Those of table 1.1 for a budget of 1; deeper layers than the table's get its last row."""
        row = TABLE.get(self.layer, TABLE["relu2_2"])
        count = row[self.loss][self.moments - 1 if self.loss == "moments" else 0]
        return max(1, round(self.budget * 1000 * count))

    @property
    def steps(self) -> int:
        """The most iterations: those of the table, and of all extensions.

        The loss is compared with θ at every iteration, so that extending the descent by 1,000 until
        it is reached, 240 times at most, is one descent of that length.
        """
        return self.iterations + round(self.budget * EXTENSION * EXTENSIONS)

    def validate(self) -> None:
        """Raise InputError if no iterations are left."""
        if self.budget == 0:
            raise InputError("budget=0 leaves no iterations: give a share above 0, up to 1")


METHOD = Method(
    key="inversion",
    name="Style representation by inversion",
    paper=f"{CHAPTER} §1; Mahendran & Vedaldi 2015",
    parameters=Inversion,
    card=Card(
        formula="gram: Σ (G − Ĝ)² / c²;  moments: Σᵢ ψ(Mᵢ) · meanₖ (Mᵢ(Fₖ) − Mᵢ(F̂ₖ))², i ≤ N;  "
        "mmd: Σ h over channels and pairs of neighbouring places\n"
        "of one layer, by Adam on the pixels",
        summary="No content: noise is changed until it has the style's statistics of one layer. "
        "It shows what that layer and that statistic hold of a style.",
        use="To see what a statistic of a layer represents; stimuli for E-tests only.",
        failure="It takes hours at the schedule of its source. Moments of order 3 and 4 often "
        "end in a noisy local minimum; the paired MMD rebuilds the style picture instead of its "
        "style.",
    ),
    engine="inversion_engine",
    needs_content=False,
)
