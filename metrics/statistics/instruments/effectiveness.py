"""Measures E1 … E5: an encoder and a basis."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from common.colours import CONVERSION, is_converted
from common.device import choose_device
from common.errors import InputError, MachineError
from common.pictures import read_picture
from metrics.effectiveness.basis import Basis, build, describe
from metrics.effectiveness.basis_file import read_basis, write_basis
from metrics.effectiveness.divergence import (
    NAMES,
    VERSION,
    Effect,
    effectiveness,
    measured_layers,
    prepare,
)
from metrics.effectiveness.gaussian import Gaussian
from metrics.effectiveness.instrument import BASIS_DIGITS, effectiveness_name
from metrics.effectiveness.known_bases import REFERENCE_PICTURES, bases_folder, known_basis
from metrics.effectiveness.reference import keep_basis, reference_basis
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
        self.batched = self._device.type != "cpu"
        self._name = effectiveness_name(
            VERSION, encoder.fingerprint or encoder.name, basis.fingerprint, basis.size
        )
        self._colours: dict[Path, str] = {}
        self._style: tuple[tuple[Path, int], dict[str, Gaussian]] | None = None

    @property
    def device(self) -> str:
        """Where the network runs, and the version of torch."""
        return f"{self._device}, torch {torch.__version__}"

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
        return self._values(row)

    def measure_many(self, samples: Sequence[Sample]) -> Iterator[dict[str, Value] | InputError]:
        """E1 … E5 of each sample.

        On a GPU, pictures of one size and style pass through the network together. A CPU gains
        nothing by that, and one at a time gives the same bits however pictures are grouped.
        """
        if not self.batched:
            yield from super().measure_many(samples)
            return
        images: list[Tensor | InputError] = []
        for sample in samples:
            try:
                images.append(prepare(read_picture(sample.image), self.basis.size))
            except InputError as error:
                images.append(error)
        pairs = zip(samples, images, strict=True)
        for _, group in groupby(pairs, key=lambda pair: _alike(*pair)):
            yield from self._measure_alike(list(group))

    def _measure_alike(
        self, pairs: Sequence[tuple[Sample, Tensor | InputError]]
    ) -> Iterator[dict[str, Value] | InputError]:
        """Measure samples of one style whose pictures have one size, or could not be read."""
        images = [image for _, image in pairs if isinstance(image, Tensor)]
        if not images:
            yield from (error for _, error in pairs if isinstance(error, InputError))
            return
        try:
            style = self._style_gaussians(pairs[0][0])
        except InputError as error:
            yield from [error] * len(pairs)
            return
        stack = torch.cat(images).to(self._device)
        rows = effectiveness(describe(stack, self.encoder, self.layers), style, self.basis)
        yield from (self._values(row) for row in rows)

    def _values(self, row: Mapping[str, Effect]) -> dict[str, Value]:
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


def _alike(sample: Sample, image: Tensor | InputError) -> tuple[object, ...]:
    """What samples share that are measured together."""
    size = tuple(image.shape) if isinstance(image, Tensor) else None
    return sample.reference, sample.width, size


def open_instrument(
    settings: Mapping[str, Any], collection: Collection, progress: ProgressCallback
) -> EffectivenessInstrument:
    """Load the encoder, and read the basis that `settings` name, or make it.

    Raises:
        InputError: an encoder or basis that cannot be used.
        MachineError: the basis is not in the data folder of this machine.

    """
    encoder = _encoder_of(settings)
    basis, size = settings["basis"], int(settings.get("size", 0))
    if basis == "reference":
        made = reference_basis(
            encoder,
            size,
            collection.data,
            lambda done: progress("basis", done, len(REFERENCE_PICTURES)),
        )
        return EffectivenessInstrument(encoder, made)
    if basis == "batch":
        return EffectivenessInstrument(
            encoder, collection_basis(encoder, size, collection, progress)
        )
    known = known_basis(basis, collection.data)
    if known is None:
        raise MachineError(
            f"basis {basis} is not in {bases_folder(collection.data)}: copy its file there"
        )
    return EffectivenessInstrument(encoder, read_basis(known.path))


def _encoder_of(settings: Mapping[str, Any]) -> Encoder:
    weights = settings.get("weights")
    return encoders.load_encoder(
        settings["encoder"],
        weights=Path(weights) if weights else None,
        device=choose_device(settings.get("device", "auto")),
    )


def keep_basis_file(path: Path, settings: Mapping[str, Any], data: Path) -> str:
    """Copy a basis file into the data folder `data`.

    Args:
        path: a basis, or mean covariances.
        settings: name the encoder that the basis must be of.
        data: of the installation.

    Returns:
        The digits of the basis that names of instruments hold.

    Raises:
        InputError: no such file, or a basis of another encoder.

    """
    basis = read_basis(path)
    basis.check(_encoder_of(settings))
    if not basis.made_from:
        basis = replace(basis, made_from=f"the file {path.name}")
    return keep_basis(basis, data).fingerprint[:BASIS_DIGITS]


def collection_basis(
    encoder: Encoder, size: int, collection: Collection, progress: ProgressCallback
) -> Basis:
    """The basis of the collection's content pictures, made once and kept in the data folder.

    The paper's basis is made from its content pictures as well. The file is found by encoder, size
    and pictures; a damaged one is made again.
    """
    key = f"{encoder.fingerprint}|{size}|{collection.fingerprint}"
    if any(is_converted(path) for path in collection.contents):
        key += f"|{CONVERSION}"
    name = f"{encoder.name}-{size}-{hashlib.sha256(key.encode()).hexdigest()[:16]}.safetensors"
    # Earlier versions kept it in cache/bases.
    for folder in (bases_folder(collection.data), collection.data / "cache" / "bases"):
        try:
            kept = read_basis(folder / name)
            kept.check(encoder)
        except InputError:  # missing or damaged
            continue
        return kept
    total = len(collection.contents)
    basis = build(
        (read_picture(file) for file in collection.contents),
        encoder,
        size=size,
        progress=lambda done: progress("basis", done, total),
        made_from=f"the {total} content pictures of a batch",
    )
    write_basis(basis, bases_folder(collection.data) / name, make_folder=True)
    return basis
