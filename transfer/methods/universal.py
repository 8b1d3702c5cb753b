"""Li et al. 2017, "Universal Style Transfer via Feature Transforms": whitening and colouring.

Nothing is optimised. At each level, from relu5_1 up to relu1_1, the picture is encoded, its
features get the mean and covariance of the style's features, and a decoder turns them into the
picture with which the next level begins (`universal_engine`).
"""

from __future__ import annotations

from dataclasses import dataclass

from transfer.encoders.layout import STYLE_LAYERS
from transfer.methods.base import SUPPLEMENT, Coloured, Method, check_levels
from transfer.methods.card import Card
from transfer.methods.parameters import layers, number, parameter

RELEASE = "Yijunmaverick/UniversalStyleTransfer"  # the authors' own code


@dataclass(frozen=True)
class Universal(Coloured):
    """Strength, levels and the threshold of whitening."""

    alpha: float = parameter(
        0.6,
        number(0, 1),
        "strength of the style at every level: 0 gives the decoded content, 1 the style's "
        "statistics",
        source=f"{RELEASE}, test_wct.lua:20-38: alpha = 0.6; {SUPPLEMENT} §1.1 samples it",
    )
    style_layers: tuple[str, ...] = parameter(
        STYLE_LAYERS,
        layers(),
        "the levels, run from the deepest to the shallowest; each needs a decoder",
        source="Li et al. 2017 §3.3, figure 1(c): relu5_1 to relu1_1",
    )
    eigenvalue_threshold: float = parameter(
        1e-5,
        number(0),
        "directions of less variance than this, relative to the features' mean square, are ignored",
        source=f"{RELEASE}, test_wct.lua:104-126: eigenvalues below 1e-5; relative is ours",
    )

    def validate(self) -> None:
        """Raise InputError if a layer has no decoder in any encoder."""
        check_levels("universal", self.style_layers)


METHOD = Method(
    key="universal",
    name="Universal",
    paper="Li et al. 2017; Yeh et al. 2020, supplement §1.1 and Table 1 (Universal)",
    parameters=Universal,
    card=Card(
        formula="F ← α (Ĉov^½ Cov^−½ (F − μ) + μ̂) + (1 − α) F,  from relu5_1 to relu1_1, each "
        "followed by its decoder",
        summary="No descent: at each level the picture is encoded, its features get the mean and "
        "covariance of the style's, and a decoder makes a picture of them.",
        use="Where many pictures are needed in a short time, with one number for the strength.",
        failure="The decoders blur and bend shapes; with high α small objects are lost. Strokes "
        "of the style become smooth patches of its colours.",
    ),
    engine="universal_engine",
    needs_decoder=True,
    # At 256 px the decoders of `compact` from relu4_1 on blur what is smaller than a face.
    encoder_defaults={"compact": {"style_layers": list(STYLE_LAYERS[:3])}},
)
