"""`universal` at five levels against its bare networks: encode content and style, decode.

At 256 px, in the faster of the two memory formats, on one thread and in processor time. Both
alternate, so that other load affects them equally; the quickest of each counts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

import torch
from torch import Tensor

from benchmarks.timing import one_thread, seconds
from transfer.decoders import Autoencoder
from transfer.decoders.architecture import Decoder, random_decoder
from transfer.encoders.architecture import Encoder, random_weights
from transfer.encoders.layout import QUARTER_WIDTHS, STYLE_LAYERS, VGG19_WIDTHS
from transfer.methods import METHODS, parameters_object, resolve_parameters
from transfer.methods.engine import Task
from transfer.methods.universal_engine import run

SIZE = 256
ROUNDS = 4
FORMATS = (torch.contiguous_format, torch.channels_last)


def benchmarks() -> Iterator[dict[str, object]]:
    generator = torch.Generator().manual_seed(0)
    content, style = (torch.rand(1, 3, SIZE, SIZE, generator=generator) for _ in range(2))
    for layout, widths in (("compact", QUARTER_WIDTHS), ("vgg19", VGG19_WIDTHS)):
        autoencoders = random_autoencoders(widths)
        ours, floor = [], []
        with one_thread():
            for _ in range(ROUNDS):
                ours.append(seconds(partial(whole, autoencoders, content, style)))
                floor.extend(
                    seconds(partial(bare, autoencoders, content, style, one)) for one in FORMATS
                )
        yield {
            "name": f"universal@{layout}",
            "ratio": min(ours) / min(floor),
            "ours": min(ours),
            "reference": min(floor),
            "unit": "s",
        }


def random_autoencoders(widths: Sequence[int]) -> list[Autoencoder]:
    encoder = Encoder(random_weights(widths), name="random", padding="reflect")
    return [
        Autoencoder(
            layer, encoder, Decoder(random_decoder(encoder.widths, level, seed=level), level), ""
        )
        for level, layer in enumerate(STYLE_LAYERS, start=1)
    ]


def whole(autoencoders: Sequence[Autoencoder], content: Tensor, style: Tensor) -> None:
    """The method."""
    values = resolve_parameters("universal", {})
    run(
        METHODS["universal"],
        parameters_object("universal", values),
        [Task(content, (style,), 0)],
        encoder=autoencoders[0].encoder,
        precision="float32",
        progress=lambda steps: None,
        autoencoders=autoencoders,
    )


@torch.no_grad()
def bare(
    autoencoders: Sequence[Autoencoder],
    content: Tensor,
    style: Tensor,
    memory_format: torch.memory_format,
) -> None:
    """The networks alone."""
    content, style = (
        one.contiguous(memory_format=memory_format) for one in (content, style)
    )  # fmt: skip
    for one in autoencoders:
        features = one.encoder(content, [one.layer])[one.layer]
        one.encoder(style, [one.layer])
        one.decoder(features, (SIZE, SIZE))
