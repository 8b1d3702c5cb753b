"""Chiu & Gurari 2020, "Iterative Feature Transformation for Fast and Versatile Universal Style
Transfer" (ECCV).

At each level, from relu4_1 up to relu1_1, the picture is encoded, a few steps of gradient descent
on the features bring their second moments nearer to the style's while a content term limits the
change, and a decoder turns them into a picture (`ift_engine`). No network is differentiated.
"""

from __future__ import annotations

from dataclasses import dataclass

from common.errors import InputError
from transfer.methods.base import Coloured, Method, check_levels
from transfer.methods.card import Card
from transfer.methods.parameters import choice, layers, number, numbers, parameter, whole

RELEASE = "chiutaiyin/Iterative-feature-transformation-for-style-transfer"  # the authors' own code
LAYERS = ("relu1_1", "relu2_1", "relu3_1", "relu4_1")
STRENGTHS = (25.0, 200.0, 200.0, 200.0)


@dataclass(frozen=True)
class Ift(Coloured):
    """Levels, strengths and steps."""

    style_layers: tuple[str, ...] = parameter(
        LAYERS,
        layers(),
        "the levels, run from the deepest to the shallowest; each needs a decoder",
        source="Chiu & Gurari 2020, supplement §2: autoencoders at relu1_1 to relu4_1",
    )
    strengths: tuple[float, ...] = parameter(
        STRENGTHS,
        numbers(0),
        "λ of each level, in the order of the network; its unit depends on normalisation",
        source="ours, by eye: at a tenth of this mostly the colours change, because the largest "
        "part of S is the channels' means; the presets paper and conservative have the λ of "
        f"{RELEASE}",
    )
    normalisation: str = parameter(
        "relative",
        choice("relative", "paper"),
        "relative: λ/n is strength ÷ the larger spectral norm of the two second moments; paper: λ "
        "is the strength, so that its effect depends on the encoder and on the size of the picture",
        source="ours: steps then converge for every encoder, size and pair of pictures; paper is "
        "Chiu & Gurari 2020, supplement equation 1",
    )
    n_iter: int = parameter(
        1,
        whole(1, 100),
        "outer iterations of each level: the picture is decoded and encoded again after each",
        source="Chiu & Gurari 2020, supplement Table 1: n_iter = 1. By eye 2 brings more of the "
        "style and 3 frayed edges, because the decoders see their own traces again",
    )
    n_upd: int = parameter(
        300,
        whole(0, 10_000),
        "gradient steps in each outer iteration",
        source="ours, with strengths and rate: by eye 1000 steps change little more; Chiu & Gurari "
        "2020, supplement Table 1: n_upd = 15",
    )
    rate: float = parameter(
        0.001,
        number(0, 1),
        "step size η of the gradient steps; they need η · strength of at most about 0.25",
        source=f"ours, with the strengths; {RELEASE}, core.py: learning rate 0.01",
    )

    def validate(self) -> None:
        """Raise InputError if levels and strengths do not match."""
        check_levels("ift", self.style_layers)
        if len(self.strengths) != len(self.style_layers):
            raise InputError(
                f"{len(self.strengths)} strengths were given for {len(self.style_layers)} "
                "style_layers: give one for each (--set strengths=…)"
            )


# The demo of the authors' code has λ = 1e4, 1e4, 1e3, 1e2 for relu1_1 … relu4_1, its conservative
# setting 1e4, 2.5e3, 2.5e2, 2.5e1. Every channel of their encoder has a mean activation of 1, hence
# ‖S‖ ≈ C: λ ‖S‖ / n at 512 × 512 px is λ in the unit of `relative`.
_PUBLISHED = {"n_iter": 1, "n_upd": 15, "rate": 0.01}

METHOD = Method(
    key="ift",
    name="Iterative feature transformation",
    paper="Chiu & Gurari 2020",
    parameters=Ift,
    card=Card(
        formula="F ← F − η [2 (F − F⁽ʲ⁾) + (4λ/n) (FFᵀ/n − S) F],  n_upd times, from relu4_1 to "
        "relu1_1, each followed by its decoder\n"
        "S = Σₖ wₖ F̂ₖF̂ₖᵀ / mₖ over the styles",
        summary="At each level a few steps of gradient descent, on the features alone, bring "
        "their second moments nearer to the style's while a content term holds them; a decoder "
        "makes a picture of them.",
        use="For several styles in one picture, and for a strength that is set level by level, "
        "at a small part of the cost of a descent on pixels.",
        failure="Most of the second moment is the channels' mean: with few steps or small "
        "strengths mostly the colours change. More outer iterations add traces of the decoders.",
    ),
    presets={
        "default": {},
        "paper": {"style_layers": list(LAYERS), "strengths": [2.4, 19.0, 16.0, 13.0], **_PUBLISHED},
        "conservative": {
            "style_layers": list(LAYERS),
            "strengths": [2.4, 4.9, 3.9, 3.1],
            **_PUBLISHED,
        },
    },
    engine="ift_engine",
    needs_decoder=True,
    # At 256 px the decoders of `compact` from relu4_1 on blur what is smaller than a face.
    encoder_defaults={
        "compact": {"style_layers": list(LAYERS[:3]), "strengths": list(STRENGTHS[:3])}
    },
    encoder_presets={
        "compact": {
            "conservative": {"style_layers": list(LAYERS[:3]), "strengths": [2.4, 4.9, 3.9]}
        }
    },
)
