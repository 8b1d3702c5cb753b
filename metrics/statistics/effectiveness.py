"""The declaration of E1 … E5, the base statistic of effectiveness."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from common.arguments import pixels
from common.device import add_device_option
from common.errors import InputError
from metrics.effectiveness.instrument import effectiveness_parts
from metrics.effectiveness.known_bases import (
    PAPER_SIZE,
    REFERENCE,
    REFERENCE_SIZE,
    bases_folder,
    known_basis,
)
from metrics.statistics.base import Collection, Instrument, ProgressCallback, Statistic
from transfer.encoders.registry import DEFAULT_ENCODER


class Effectiveness(Statistic):
    """Base E against the style picture (see metrics/effectiveness/divergence.py)."""

    key = "E"
    title = "Effectiveness"
    source = "Yeh et al. 2020, section 4"
    names = ("E1", "E2", "E3", "E4", "E5")
    reference = "style"
    highest = 20.723  # −ln 1e-9
    together = 8

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
            default="reference",
            metavar="reference|batch|FILE",
            help="reference: of the bundled photographs, the same for all batches (default); "
            "batch: of the batch's own content pictures; or a basis file",
        )
        parser.add_argument(
            "--size",
            type=pixels,
            metavar="PX",
            help="shorter side to which pictures are resized (default: "
            f"{REFERENCE_SIZE}; with --basis batch the batch's width, at most {PAPER_SIZE}, "
            "the paper's)",
        )
        add_device_option(parser)

    @classmethod
    def settings(cls, options: Mapping[str, Any], collection: Collection) -> dict[str, Any]:
        """Encoder, weights, basis, size and device.

        A basis file is copied into the data folder, where every worker finds it.

        Raises:
            InputError: an unknown encoder, --basis FILE together with --size, a file that is no
                basis of the encoder, or a batch's basis without a finished stimulus.

        """
        found: dict[str, Any] = {"encoder": options.get("encoder") or DEFAULT_ENCODER}
        if options.get("weights"):
            found["weights"] = str(Path(options["weights"]).resolve())
        if options.get("device", "auto") != "auto":
            found["device"] = options["device"]
        basis, size = str(options.get("basis") or "reference"), options.get("size")
        if basis == "reference":
            return found | {"basis": basis, "size": size or REFERENCE_SIZE}
        if basis == "batch":
            if not (size or collection.width):
                raise InputError("--basis batch needs a finished stimulus: make the batch first")
            size = size or min(collection.width, PAPER_SIZE)
            return found | {
                "basis": basis, "size": size, "contents": collection.fingerprint[:16]
            }  # fmt: skip
        if size:
            raise InputError("--basis has its own size: leave --size out")
        from metrics.statistics.instruments.effectiveness import keep_basis_file  # torch

        return found | {"basis": keep_basis_file(Path(basis), found, collection.data)}

    @classmethod
    def settings_of(cls, instrument: str, data: Path) -> dict[str, Any]:
        """The encoder and the basis that an instrument names.

        Raises:
            InputError: the basis is not in the installation.

        """
        parts = effectiveness_parts(instrument)
        known = known_basis(str(parts["basis"]), data) if parts else None
        if known is None:
            raise InputError(
                f"the basis of '{instrument}' is not in this installation: copy its file into "
                f"{bases_folder(data)}"
            )
        encoder = known.encoder or str(parts["encoder"]).partition(":")[0]
        return {"encoder": encoder, "basis": known.digits}

    @classmethod
    def words(cls, instrument: str, data: Path) -> str:
        """Such as `compact at 256 px, reference basis`."""
        parts = effectiveness_parts(instrument)
        if not parts:
            return instrument
        known = known_basis(str(parts["basis"]), data)
        if known is None:
            basis = f"basis {str(parts['basis'])[:8]}"
        elif known.made_from == REFERENCE:
            basis = "reference basis"
        else:
            basis = f"basis of {known.made_from}" if known.made_from else "a basis of its own"
        return f"{str(parts['encoder']).partition(':')[0]} at {parts['basis_size']} px, {basis}"

    @classmethod
    def open(
        cls, settings: Mapping[str, Any], collection: Collection, progress: ProgressCallback
    ) -> Instrument:
        """Load the encoder, and read the basis or make it."""
        from metrics.statistics.instruments.effectiveness import open_instrument  # torch

        return open_instrument(settings, collection, progress)
