"""Encoders: networks of the VGG-19 layout by name. torch is imported when one is loaded."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from common.errors import InputError
from transfer.encoders.layout import LAYERS, STYLE_LAYERS, layers_up_to
from transfer.encoders.registry import DEFAULT_ENCODER, ENCODERS, EncoderSpec, encoder_spec

if TYPE_CHECKING:
    from transfer.encoders.architecture import Encoder

__all__ = [
    "DEFAULT_ENCODER",
    "ENCODERS",
    "LAYERS",
    "STYLE_LAYERS",
    "EncoderSpec",
    "describe_encoders",
    "encoder_spec",
    "load_encoder",
    "load_specified",
]


def load_encoder(
    name: str = DEFAULT_ENCODER,
    *,
    weights: Path | None = None,
    deepest: str | None = None,
    device: str = "cpu",
) -> Encoder:
    """Load an encoder of the registry, with checked weights.

    Args:
        name: a key of ENCODERS.
        weights: a weights file, or a directory of them; by default they are looked for.
        deepest: build no deeper than this layer; by default as deep as the file reaches.
        device: where the network is put, such as `cpu` or `cuda`.

    Raises:
        InputError: unknown encoder or layer, or a layer that the weights do not reach.
        WeightsError: weights that are missing, damaged or another encoder's.

    """
    return load_specified(encoder_spec(name), weights=weights, deepest=deepest, device=device)


def load_specified(
    spec: EncoderSpec,
    *,
    weights: Path | None = None,
    deepest: str | None = None,
    device: str = "cpu",
) -> Encoder:
    """Load an encoder by its entry, such as one of the registry with another file."""
    from transfer.encoders.architecture import Encoder
    from transfer.encoders.fingerprint import fingerprint
    from transfer.encoders.weights import fetch_weights, find_weights, read_weights

    if deepest is not None:
        layers_up_to(deepest)
    tensors = read_weights(spec, find_weights(spec, weights) or fetch_weights(spec))
    encoder = Encoder(
        tensors,
        name=spec.name,
        fingerprint=fingerprint(spec, tensors),
        convention=spec.convention,
        pooling=spec.pooling,
        padding=spec.padding,
        deepest=deepest,
    )
    return encoder.to(device)


def describe_encoders() -> list[dict[str, Any]]:
    """Every encoder as plain values; layers and fingerprint where its weights are at hand."""
    return [_describe(spec) for spec in ENCODERS.values()]


def _describe(spec: EncoderSpec) -> dict[str, Any]:
    from transfer.encoders.weights import find_weights

    path = find_weights(spec)
    row: dict[str, Any] = {
        "name": spec.name,
        "title": spec.title,
        "origin": spec.origin,
        "weights": str(path) if path else None,
        "files": list(spec.files),
        "url": spec.url or None,
        "layers": None,
        "fingerprint": None,
        "problem": None,
    }
    if path is not None:
        try:
            encoder = load_encoder(spec.name, weights=path)
            row["layers"] = list(encoder.widths)
            row["fingerprint"] = encoder.fingerprint
        except InputError as error:
            row["problem"] = str(error)
    return row
