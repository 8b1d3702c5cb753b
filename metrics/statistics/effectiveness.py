"""The declaration of E1 … E5, the base statistic of effectiveness."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from common.arguments import pixels
from common.device import add_device_option
from metrics.statistics.base import Collection, Instrument, ProgressCallback, Statistic
from transfer.encoders.registry import DEFAULT_ENCODER


class Effectiveness(Statistic):
    """Base E against the style picture (see metrics/effectiveness/divergence.py)."""

    key = "E"
    names = ("E1", "E2", "E3", "E4", "E5")
    reference = "style"
    highest = 20.723  # −ln 1e-9

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
            help="a basis file (default: one made from the batch's content pictures, and kept)",
        )
        parser.add_argument(
            "--size",
            type=pixels,
            metavar="PX",
            help="shorter side of the pictures that the basis is made from (default: the batch's "
            "width, at most 512, the paper's)",
        )
        add_device_option(parser)

    @classmethod
    def open(
        cls, options: Mapping[str, Any], collection: Collection, progress: ProgressCallback
    ) -> Instrument:
        """Load the encoder, and read the basis or make it from the content pictures."""
        from metrics.statistics.instruments.effectiveness import open_instrument  # torch

        return open_instrument(options, collection, progress)
