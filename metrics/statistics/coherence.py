"""The declaration of C, the base statistic of coherence."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from common.errors import InputError
from common.lookup import check_name
from metrics.boundaries.detectors import DEFAULT_DETECTOR, DETECTORS, QUICK_DETECTOR
from metrics.boundaries.instrument import coherence_parts
from metrics.statistics.base import Collection, Instrument, ProgressCallback, Statistic


class Coherence(Statistic):
    """Base C against the content picture (see metrics/boundaries/coherence.py)."""

    key = "C"
    title = "Coherence"
    source = "Yeh et al. 2020, section 4"
    names = ("C",)
    reference = "content"
    lowest = 0.0
    highest = 1.0
    uses_annotations = True

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
    def settings(cls, options: Mapping[str, Any], collection: Collection) -> dict[str, Any]:
        """The detector, if one is named.

        Raises:
            InputError: an unknown detector.

        """
        name = options.get("detector")
        if not name:
            return {}
        check_name("boundary detector", name, DETECTORS)
        return {"detector": name}

    @classmethod
    def settings_of(cls, instrument: str, data: Path) -> dict[str, Any]:
        """The detector that an instrument names, its version, and the kind of truth.

        Raises:
            InputError: the detector is not one of this version.

        """
        parts = coherence_parts(instrument)
        name = parts["detector"].rpartition("-")[0] if parts else ""
        if name not in DETECTORS:
            raise InputError(f"the detector of '{instrument}' is not known to this version")
        truth = "human" if parts["truth"] == "human" else "detected"
        return {"detector": name, "version": parts["detector"], "truth": truth}

    @classmethod
    def words(cls, instrument: str, data: Path) -> str:
        """Such as `gpb against human boundaries`."""
        parts = coherence_parts(instrument)
        if not parts:
            return instrument
        name = parts["detector"].rpartition("-")[0]
        if parts["truth"] == "human":
            return f"{name} against human boundaries"
        return f"{name} against the boundaries that it finds in the content"

    @classmethod
    def open(
        cls, settings: Mapping[str, Any], collection: Collection, progress: ProgressCallback
    ) -> Instrument:
        """Choose the detector."""
        from metrics.statistics.instruments.coherence import CoherenceInstrument  # scipy

        return CoherenceInstrument(
            settings.get("detector"),
            version=settings.get("version"),
            truth=settings.get("truth"),
        )
