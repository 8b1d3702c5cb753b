"""Load encoders, networks of the VGG-19 layout, by name. Loading one imports torch."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from common.errors import InputError
from transfer.encoders.layout import LAYERS, STYLE_LAYERS, layers_up_to
from transfer.encoders.registry import DEFAULT_ENCODER, ENCODERS, EncoderSpec, encoder_spec

if TYPE_CHECKING:
    from transfer.encoders.architecture import Encoder
    from transfer.encoders.weights import Stored

FileVersion = tuple[str, int, int] | None

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
    "loaded_encoder",
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
        weights: a weights file, or a directory of them; by default see `weights.find_weights`.
        deepest: build no deeper than this layer; by default as deep as the file reaches.
        device: on which the network runs, such as `cpu` or `cuda`.

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
    """Load an encoder by its entry, such as an entry of the registry with another file."""
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


def loaded_encoder(name: str) -> Encoder:
    """An encoder that is kept in memory for the next call, until another one is loaded.

    It is read again if its file has changed. Callers share it, and its device is that of the last
    caller that moved it. Raises the errors of `load_encoder`.
    """
    return _load_version(name, file_version(encoder_spec(name)))


@lru_cache(maxsize=1)
def _load_version(name: str, version: FileVersion) -> Encoder:
    return load_encoder(name)


def file_version(spec: Stored) -> FileVersion:
    """Path, modification time and size of a weights file; None if it is not on this machine."""
    from transfer.encoders.weights import find_weights

    path = find_weights(spec)
    if path is None:
        return None
    status = path.stat()
    return str(path), status.st_mtime_ns, status.st_size


def describe_encoders() -> list[dict[str, Any]]:
    """Every encoder as values for JSON; without its weights layers and fingerprint are null."""
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
