"""Small random autoencoders."""

from __future__ import annotations

from collections.abc import Sequence

from transfer.decoders import Autoencoder
from transfer.decoders.architecture import Decoder, random_decoder
from transfer.encoders.architecture import Encoder, random_weights
from transfer.encoders.layout import STYLE_LAYERS

WIDTHS = (4, 4, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8)


def random_encoder(deepest: str = "relu5_1") -> Encoder:
    return Encoder(random_weights(WIDTHS, deepest), name="random", padding="reflect")


def random_autoencoders(layers: Sequence[str] = STYLE_LAYERS) -> tuple[Autoencoder, ...]:
    encoder = random_encoder()
    return tuple(
        Autoencoder(
            layer,
            encoder,
            Decoder(random_decoder(encoder.widths, level, seed=level), level),
            f"random:{level}",
        )
        for layer in layers
        for level in [STYLE_LAYERS.index(layer) + 1]
    )
