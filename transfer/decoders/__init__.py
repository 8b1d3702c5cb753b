"""Load decoders, which make pictures from an encoder's features. Loading one imports torch."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from common.errors import InputError, WeightsError
from transfer.decoders.registry import FAMILIES, DecoderFile, Family, find_family
from transfer.encoders import FileVersion, file_version, load_specified, loaded_encoder
from transfer.encoders.layout import STYLE_LAYERS
from transfer.encoders.registry import EncoderSpec, encoder_spec

if TYPE_CHECKING:
    from torch import Tensor

    from transfer.decoders.architecture import Decoder
    from transfer.encoders.architecture import Encoder

__all__ = [
    "FAMILIES",
    "Autoencoder",
    "find_family",
    "load_autoencoders",
    "fingerprint_of",
    "loaded_autoencoders",
]


@dataclass(frozen=True)
class Autoencoder:
    """An encoder up to `layer`, and the decoder of its features.

    Attributes:
        fingerprint: hash of both networks and of how they are run.

    """

    layer: str
    encoder: Encoder
    decoder: Decoder
    fingerprint: str


def load_autoencoders(
    name: str,
    layers: Sequence[str] = STYLE_LAYERS,
    *,
    weights: Path | None = None,
    device: str = "cpu",
    encoder: Encoder | None = None,
) -> tuple[Autoencoder, ...]:
    """The autoencoders of an encoder at some of relu1_1 … relu5_1, with checked weights.

    Args:
        name: an encoder that has decoders, see FAMILIES.
        layers: which of them, in any order.
        weights: the encoder's file, or the directory that holds it and the decoders; by default
            they are searched for like those of encoders.
        device: on which the networks run.
        encoder: the encoder itself, if it is loaded already; families of encoders do not use it.

    Returns:
        One autoencoder for each of `layers`, in their order.

    Raises:
        InputError: the encoder has no decoder for a layer.
        WeightsError: a file is missing, damaged or another one.

    """
    spec, family = encoder_spec(name), find_family(name)
    levels = [_level(family, layer) for layer in layers]
    whole = None
    if not family.encoders:
        whole = encoder or _load_encoder(spec, family, 0, weights, device)
    found = []
    for layer, level in zip(layers, levels, strict=True):
        own = whole or _load_encoder(spec, family, level, weights, device)
        own.require([layer])
        decoder, digest = _load_decoder(family, level, weights)
        if decoder.channels != own.widths[layer]:
            raise WeightsError(
                f"decoder {level} of '{name}' takes {decoder.channels} channels, the encoder has "
                f"{own.widths[layer]} at {layer}: use the files of one release together"
            )
        fingerprint = f"{own.fingerprint}+{digest[:16]}"
        found.append(Autoencoder(layer, own, decoder.to(device), fingerprint))
    return tuple(found)


def loaded_autoencoders(name: str, layers: Sequence[str]) -> tuple[Autoencoder, ...]:
    """Autoencoders kept in memory for the next call, as by `encoders.loaded_encoder`."""
    family, spec = find_family(name), encoder_spec(name)
    levels = [_level(family, layer) for layer in layers]
    files: list[EncoderSpec | DecoderFile] = [DecoderFile(family, level) for level in levels]
    if family.encoders:
        files += [replace(spec, files=(family.encoders[level],)) for level in levels]
    else:
        files.append(spec)
    return _load_version(name, tuple(layers), tuple(file_version(file) for file in files))


@lru_cache(maxsize=1)
def _load_version(
    name: str, layers: tuple[str, ...], versions: tuple[FileVersion, ...]
) -> tuple[Autoencoder, ...]:
    whole = None if find_family(name).encoders else loaded_encoder(name)
    return load_autoencoders(name, layers, encoder=whole)


def fingerprint_of(autoencoders: Sequence[Autoencoder]) -> str:
    """One hash for several autoencoders: it covers every file that was read for them."""
    text = " ".join(f"{one.layer}={one.fingerprint}" for one in autoencoders)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _level(family: Family, layer: str) -> int:
    level = STYLE_LAYERS.index(layer) + 1 if layer in STYLE_LAYERS else 0
    if level not in family.decoders:
        known = ",".join(STYLE_LAYERS[level - 1] for level in family.decoders)
        raise InputError(
            f"encoder '{family.name}' has no decoder for {layer}: use --set style_layers={known}, "
            "or fewer of them"
        )
    return level


def _load_encoder(
    spec: EncoderSpec, family: Family, level: int, weights: Path | None, device: str
) -> Encoder:
    """The encoder of a level, or the only one of a family."""
    if family.encoders is None:
        return load_specified(spec, weights=weights, device=device)
    own = replace(spec, files=(family.encoders[level],))
    return load_specified(
        own, weights=_folder(weights), deepest=STYLE_LAYERS[level - 1], device=device
    )


def _load_decoder(family: Family, level: int, weights: Path | None) -> tuple[Decoder, str]:
    """A decoder, and a hash of its weights and of how it is run."""
    from transfer.decoders.architecture import Decoder
    from transfer.encoders.weights import fetch_weights, find_weights, read_tensors

    stored = DecoderFile(family, level)
    # Our own decoders are part of the package, whatever folder holds the encoder.
    place = None if family.directory else _folder(weights)
    tensors = read_tensors(stored, find_weights(stored, place) or fetch_weights(stored))
    try:
        decoder = Decoder(tensors, level, padding=family.padding, upsampling=family.upsampling)
    except (KeyError, IndexError) as error:
        raise WeightsError(
            f"the file of {stored.owner} lacks {error}: it is another network"
        ) from (error)
    return decoder, _digest(tensors, f"{family.padding} {family.upsampling}")


def _folder(weights: Path | None) -> Path | None:
    return weights.parent if weights is not None and weights.is_file() else weights


def _digest(tensors: dict[str, Tensor], settings: str) -> str:
    digest = hashlib.sha256(settings.encode())
    for name in sorted(tensors):
        values = tensors[name].float().contiguous()
        digest.update(f"{name}{tuple(values.shape)}".encode())
        digest.update(values.numpy().tobytes())
    return digest.hexdigest()
