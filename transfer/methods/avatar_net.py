"""Sheng et al. 2018, "Avatar-Net: Multi-scale Zero-shot Style Transfer by Feature Decoration"
(arXiv 1805.03857).

At the deepest level content and style are whitened, each patch of the content is replaced by the
most similar one of the style, and the result gets the style's mean and covariance. The engine is
`avatar_net_engine`. In the source the decoder is then adapted to the style's means and deviations
at its shallower layers; ours was not trained for that, so each shallower level encodes the picture
again, adapts it and decodes it.
"""

from __future__ import annotations

from dataclasses import dataclass

from transfer.methods.base import Coloured, Method, check_levels
from transfer.methods.card import Card
from transfer.methods.parameters import layers, number, parameter, whole

RELEASE = "LucasSheng/avatar-net"  # the authors' own code


@dataclass(frozen=True)
class AvatarNet(Coloured):
    """Strength, levels and the patch."""

    alpha: float = parameter(
        0.8,
        number(0, 1),
        "share of the swapped features at the deepest level; the rest are the content's own, both "
        "whitened",
        source=f"{RELEASE}, configs/AvatarNet_config.yml: inter_weight 0.8",
    )
    style_layers: tuple[str, ...] = parameter(
        ("relu1_1", "relu2_1", "relu3_1", "relu4_1"),
        layers(),
        "the deepest is where patches are swapped, the others are adapted to the style's channel "
        "means and deviations; each needs a decoder",
        source="Sheng et al. 2018 §4.1: swap at relu4_1, style enhancement at relu1_1 to relu3_1",
    )
    patch: int = parameter(
        5,
        whole(1, 15),
        "side of the patches, in positions of the deepest level's map",
        source=f"{RELEASE}, configs/AvatarNet_config.yml: patch size 5",
    )
    eigenvalue_threshold: float = parameter(
        1e-5,
        number(0),
        "directions of less variance than this, relative to the features' mean square, are ignored",
        source=f"{RELEASE}, avatar_net.py: eigenvalues below 1e-5; relative is ours",
    )

    def validate(self) -> None:
        """Raise InputError if a layer has no decoder in any encoder."""
        check_levels("avatar-net", self.style_layers)


METHOD = Method(
    key="avatar-net",
    name="Avatar-Net",
    paper="Sheng et al. 2018; a baseline of Chiu & Gurari 2020",
    parameters=AvatarNet,
    card=Card(
        formula="F ← colour(α · swap(whiten F, whiten F̂) + (1 − α) · whiten F)  at relu4_1, "
        "then adain at relu3_1, relu2_1, relu1_1\n"
        "swap: each patch is replaced by the style's most similar one",
        summary="No descent: patches of the whitened content are exchanged for the most similar "
        "ones of the style, which are then coloured and decoded.",
        use="Where pieces of the style itself shall be seen, in seconds.",
        failure="Content is lost where no patch of the style resembles it, and one patch may be "
        "repeated over whole areas. Its source enhances the style inside a decoder trained for "
        "that; here levels of adain take that place.",
    ),
    engine="avatar_net_engine",
    needs_decoder=True,
    # At 256 px the decoders of `compact` from relu4_1 on blur what is smaller than a face.
    encoder_defaults={"compact": {"style_layers": ["relu1_1", "relu2_1", "relu3_1"]}},
)
