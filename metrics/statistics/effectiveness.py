"""E1 … E5 of stimuli: an encoder and a basis are the instrument."""

from __future__ import annotations

import argparse
import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from common.arguments import pixels
from common.device import add_device_option, choose_device
from common.errors import InputError
from common.pictures import read_picture
from metrics.effectiveness.instrument import effectiveness_name
from metrics.statistics.base import Collection, Progress, Sample, Statistic, Value
from transfer import encoders
from transfer.encoders import DEFAULT_ENCODER

if TYPE_CHECKING:
    from metrics.effectiveness.basis import Basis
    from metrics.effectiveness.gaussian import Gaussian
    from transfer.encoders.architecture import Encoder


class Effectiveness(Statistic):
    """Base E against the style picture (see metrics/effectiveness/divergence.py)."""

    key = "E"
    names = ("E1", "E2", "E3", "E4", "E5")
    reference = "style"
    highest = 20.723  # −ln 1e-9

    def __init__(self, encoder: Encoder, basis: Basis) -> None:
        """Measure with `encoder` along `basis`, which must belong together."""
        from metrics.effectiveness.divergence import VERSION, measured_layers

        self.encoder, self.basis = encoder, basis
        self.layers = measured_layers(encoder, basis)
        self._name = effectiveness_name(
            VERSION, encoder.fingerprint or encoder.name, basis.fingerprint, basis.size
        )
        self._style: tuple[tuple[Path, int], dict[str, Gaussian]] | None = None

    @classmethod
    def add_options(cls, parser: argparse.ArgumentParser) -> None:
        """Add --encoder, --weights, --basis, --size and --device."""
        parser.add_argument(
            "--encoder", default=DEFAULT_ENCODER, metavar="NAME", help="default: %(default)s"
        )
        parser.add_argument(
            "--weights", type=Path, metavar="FILE|DIR", help="the encoder's weights"
        )
        parser.add_argument(
            "--basis",
            type=Path,
            metavar="FILE",
            help="a basis file; by default one is made of the batch's content pictures and kept",
        )
        parser.add_argument(
            "--size",
            type=pixels,
            metavar="PX",
            help="shorter side of the basis that is made (default: the batch's width, at most "
            "512, which is the paper's)",
        )
        add_device_option(parser)

    @classmethod
    def open(
        cls, options: Mapping[str, Any], collection: Collection, progress: Progress
    ) -> Effectiveness:
        """Load the encoder, and read the basis or make it of the collection's contents."""
        if options.get("basis") and options.get("size"):
            raise InputError("--basis has its own size: leave --size out")
        encoder = encoders.load_encoder(
            options.get("encoder") or DEFAULT_ENCODER,
            weights=options.get("weights"),
            device=choose_device(options.get("device") or "auto"),
        )
        if options.get("basis"):
            from metrics.effectiveness.basis_file import read_basis

            return cls(encoder, read_basis(options["basis"]))
        from metrics.effectiveness.basis import PAPER_SIZE

        size = options.get("size") or min(collection.width, PAPER_SIZE)
        return cls(encoder, collection_basis(encoder, size, collection, progress))

    def instrument(self, sample: Sample) -> str:
        """Version of E, fingerprints of encoder and basis, and the basis's size."""
        return self._name

    def measure(self, sample: Sample) -> dict[str, Value]:
        """E1 … E5; the style is first resized to the stimulus's width, as at generation."""
        from metrics.effectiveness.basis import describe
        from metrics.effectiveness.divergence import NAMES, effectiveness, prepare

        style = self._described_style(sample)
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

    @property
    def _device(self) -> Any:
        return next(self.encoder.parameters()).device

    def _described_style(self, sample: Sample) -> dict[str, Gaussian]:
        from metrics.effectiveness.basis import describe
        from metrics.effectiveness.divergence import prepare

        key = (sample.reference, sample.width)
        if self._style is None or self._style[0] != key:
            image = prepare(read_picture(sample.reference), self.basis.size, sample.width)
            self._style = key, describe(image.to(self._device), self.encoder, self.layers)
        return self._style[1]


def collection_basis(
    encoder: Encoder, size: int, collection: Collection, progress: Progress
) -> Basis:
    """The basis of the collection's content pictures, made once and kept in its cache.

    The paper's basis comes from its content pictures as well. The kept file is found by encoder,
    size and pictures; one that was damaged is made again.
    """
    from metrics.effectiveness.basis import build
    from metrics.effectiveness.basis_file import read_basis, write_basis

    key = f"{encoder.fingerprint}|{size}|{collection.fingerprint}"
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
