"""Measures E1 … E5: an encoder and a basis."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from common.colours import CONVERSION, is_converted
from common.device import choose_device
from common.errors import InputError
from common.pictures import read_picture
from metrics.effectiveness.basis import PAPER_SIZE, Basis, build, describe
from metrics.effectiveness.basis_file import read_basis, write_basis
from metrics.effectiveness.divergence import (
    NAMES,
    VERSION,
    effectiveness,
    measured_layers,
    prepare,
)
from metrics.effectiveness.gaussian import Gaussian
from metrics.effectiveness.instrument import effectiveness_name
from metrics.statistics.base import (
    Collection,
    Instrument,
    ProgressCallback,
    Sample,
    Value,
    colour_part,
)
from transfer import encoders
from transfer.encoders.architecture import Encoder
from transfer.encoders.registry import DEFAULT_ENCODER


class EffectivenessInstrument(Instrument):
    """Base E with one encoder and one basis."""

    def __init__(self, encoder: Encoder, basis: Basis) -> None:
        """Measure with `encoder` along `basis`.

        Raises:
            InputError: the basis was made with another encoder.

        """
        self.encoder, self.basis = encoder, basis
        self.layers = measured_layers(encoder, basis)
        self._device = next(encoder.parameters()).device
        self._name = effectiveness_name(
            VERSION, encoder.fingerprint or encoder.name, basis.fingerprint, basis.size
        )
        self._colours: dict[Path, str] = {}
        self._style: tuple[tuple[Path, int], dict[str, Gaussian]] | None = None

    def name(self, sample: Sample) -> str:
        """Version of E, fingerprints of encoder and basis, and the size of the basis.

        Where the colours of the style are converted, the rule of the conversion.
        """
        if sample.reference not in self._colours:
            self._colours[sample.reference] = colour_part(sample.reference)
        return self._name + self._colours[sample.reference]

    def measure(self, sample: Sample) -> dict[str, Value]:
        """E1 … E5. The style is first resized to the stimulus's width, as at generation."""
        style = self._style_gaussians(sample)
        image = prepare(read_picture(sample.image), self.basis.size).to(self._device)
        (row,) = effectiveness(describe(image, self.encoder, self.layers), style, self.basis)
        values = {}
        for layer, name in NAMES.items():
            if layer not in row:
                values[name] = Value(None, {"missing": f"no {layer} in the encoder or the basis"})
                continue
            effect = row[layer]
            details: dict[str, Any] = {"rank": effect.rank}
            details |= {flag: True for flag in ("clamped", "singular") if getattr(effect, flag)}
            if effect.value is None:
                details["missing"] = f"the style does not vary at {layer}"
            values[name] = Value(effect.value, details)
        return values

    def _style_gaussians(self, sample: Sample) -> dict[str, Gaussian]:
        key = (sample.reference, sample.width)
        if self._style is None or self._style[0] != key:
            image = prepare(read_picture(sample.reference), self.basis.size, sample.width)
            self._style = key, describe(image.to(self._device), self.encoder, self.layers)
        return self._style[1]


def open_instrument(
    options: Mapping[str, Any], collection: Collection, progress: ProgressCallback
) -> EffectivenessInstrument:
    """Load the encoder, and read the basis or make it from the collection's content pictures.

    Raises:
        InputError: --basis together with --size, or an encoder or basis that cannot be used.

    """
    if options.get("basis") and options.get("size"):
        raise InputError("--basis has its own size: leave --size out")
    encoder = encoders.load_encoder(
        options.get("encoder") or DEFAULT_ENCODER,
        weights=options.get("weights"),
        device=choose_device(options.get("device") or "auto"),
    )
    if options.get("basis"):
        return EffectivenessInstrument(encoder, read_basis(options["basis"]))
    size = options.get("size") or min(collection.width, PAPER_SIZE)
    return EffectivenessInstrument(encoder, collection_basis(encoder, size, collection, progress))


def collection_basis(
    encoder: Encoder, size: int, collection: Collection, progress: ProgressCallback
) -> Basis:
    """The basis of the collection's content pictures, made once and kept in its cache.

    The paper's basis is made from its content pictures as well. The cached file is found by
    encoder, size and pictures; a damaged one is made again.
    """
    key = f"{encoder.fingerprint}|{size}|{collection.fingerprint}"
    if any(is_converted(path) for path in collection.contents):
        key += f"|{CONVERSION}"
    name = f"{encoder.name}-{size}-{hashlib.sha256(key.encode()).hexdigest()[:16]}.safetensors"
    path = collection.cache / "bases" / name
    if path.exists():
        try:
            kept = read_basis(path)
            kept.check(encoder)
        except InputError:
            path.unlink()
        else:
            return kept
    total = len(collection.contents)
    basis = build(
        (read_picture(file) for file in collection.contents),
        encoder,
        size=size,
        progress=lambda done: progress("basis", done, total),
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    write_basis(basis, path)
    return basis
