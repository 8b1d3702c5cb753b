"""The declaration of C, the base statistic of coherence."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import Any

from metrics.boundaries.detectors import DEFAULT_DETECTOR, DETECTORS, QUICK_DETECTOR
from metrics.statistics.base import Collection, Instrument, ProgressCallback, Statistic


class Coherence(Statistic):
    """Base C against the content picture (see metrics/boundaries/coherence.py)."""

    key = "C"
    names = ("C",)
    reference = "content"
    lowest = 0.0
    highest = 1.0

    @classmethod
    def add_options(cls, parser: argparse.ArgumentParser) -> None:
        """Add --detector."""
        parser.add_argument(
            "--detector",
            metavar="NAME",
            help=f"one of {', '.join(DETECTORS)} (default: {DEFAULT_DETECTOR} for content pictures "
            f"with human annotations, {QUICK_DETECTOR} for others)",
        )

    @classmethod
    def open(
        cls, options: Mapping[str, Any], collection: Collection, progress: ProgressCallback
    ) -> Instrument:
        """Choose the detector."""
        from metrics.statistics.instruments.coherence import CoherenceInstrument  # scipy

        return CoherenceInstrument(options.get("detector"))
