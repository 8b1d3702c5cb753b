"""Huang & Belongie 2017, "Arbitrary Style Transfer in Real-time with Adaptive Instance
Normalization" (arXiv 1703.06868).

The content is encoded, every channel gets the mean and deviation of the style's, and a decoder
turns the features into a picture (`adain_engine`). The source trains a decoder on stylised
features; ours reconstruct photographs.
"""

from __future__ import annotations

from dataclasses import dataclass

from transfer.methods.base import Coloured, Method, check_levels
from transfer.methods.card import Card
from transfer.methods.parameters import layers, number, parameter


@dataclass(frozen=True)
class Adain(Coloured):
    """Strength and levels."""

    alpha: float = parameter(
        1.0,
        number(0, 1),
        "strength of the style: 0 gives the decoded content, 1 the style's statistics",
        source="Huang & Belongie 2017 §7.2, equation 14: α = 1 unless the trade-off is shown",
    )
    style_layers: tuple[str, ...] = parameter(
        ("relu4_1",),
        layers(),
        "the levels, run from the deepest to the shallowest; each needs a decoder",
        source="Huang & Belongie 2017 §6.1: the encoder ends at relu4_1",
    )

    def validate(self) -> None:
        """Raise InputError if a layer has no decoder in any encoder."""
        check_levels("adain", self.style_layers)


METHOD = Method(
    key="adain",
    name="AdaIN",
    paper="Huang & Belongie 2017; a baseline of Chiu & Gurari 2020",
    parameters=Adain,
    card=Card(
        formula="F ← α (σ̂ (F − μ) / σ + μ̂) + (1 − α) F  at relu4_1, then its decoder",
        summary="No descent: every channel of relu4_1 gets the style's mean and deviation, and "
        "one decoder makes a picture of it.",
        use="As the fast baseline of feature transforms.",
        failure="Our decoders reconstruct photographs and were not trained on stylised features, "
        "as those of the source were: pictures get the style's colours and little of its texture.",
    ),
    engine="adain_engine",
    needs_decoder=True,
    # At 256 px the decoders of `compact` from relu4_1 on blur what is smaller than a face.
    encoder_defaults={"compact": {"style_layers": ["relu3_1"]}},
)
