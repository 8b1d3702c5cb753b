"""`ift` and `adain` against their bare networks: encode content and style, decode; at four sizes.

`ift` with the preset `paper`, n_upd = 15 and n_iter = 1, for which Chiu & Gurari 2020 (supplement,
Table 1) print 0.13, 0.31, 0.62 and 0.92 s at 256, 512, 768 and 1024 px, on a GPU that they do not
name there. Here: compact layout, one thread, processor time, the faster memory format; both
alternate, and the quickest of each counts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from importlib import import_module

import torch
from torch import Tensor

from benchmarks.timing import one_thread, seconds
from benchmarks.universal import FORMATS, random_autoencoders
from transfer.decoders import Autoencoder
from transfer.encoders.layout import QUARTER_WIDTHS
from transfer.methods import METHODS, parameters_object, resolve_parameters
from transfer.methods.engine import Task

SIZES = (256, 512, 768, 1024)
ROUNDS = 3
SETTINGS = {"adain": {}, "ift": {"preset": "paper"}}


def benchmarks() -> Iterator[dict[str, object]]:
    autoencoders = {one.layer: one for one in random_autoencoders(QUARTER_WIDTHS)}
    for key, changes in SETTINGS.items():
        values = resolve_parameters(key, changes)
        levels = [autoencoders[layer] for layer in values["style_layers"]]
        for size in SIZES:
            generator = torch.Generator().manual_seed(0)
            content, style = (torch.rand(1, 3, size, size, generator=generator) for _ in range(2))
            ours, floor = [], []
            with one_thread():
                for _ in range(ROUNDS):
                    ours.append(seconds(partial(whole, key, values, levels, content, style)))
                    floor.extend(
                        seconds(partial(bare, levels, content, style, one)) for one in FORMATS
                    )
            yield {
                "name": f"{key}@{size}",
                "ratio": min(ours) / min(floor),
                "ours": min(ours),
                "reference": min(floor),
                "unit": "s",
            }


def whole(
    key: str,
    values: dict[str, object],
    levels: Sequence[Autoencoder],
    content: Tensor,
    style: Tensor,
) -> None:
    """The method."""
    import_module(f"transfer.methods.{METHODS[key].engine}").run(
        METHODS[key],
        parameters_object(key, values),
        [Task(content, (style,), 0)],
        encoder=levels[0].encoder,
        precision="float32",
        progress=lambda steps: None,
        autoencoders=levels,
    )


@torch.no_grad()
def bare(
    levels: Sequence[Autoencoder],
    content: Tensor,
    style: Tensor,
    memory_format: torch.memory_format,
) -> None:
    """The networks alone."""
    content, style = (one.contiguous(memory_format=memory_format) for one in (content, style))
    for one in levels:
        features = one.encoder(content, [one.layer])[one.layer]
        one.encoder(style, [one.layer])
        one.decoder(features, (content.shape[2], content.shape[3]))
