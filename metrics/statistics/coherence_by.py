"""The declarations of C by each boundary detector: `C-gaussian`, `C-gpb` and so on.

C itself is measured by the detector that fits the content picture, or by the one that is chosen.
These are measured beside it, so that the referee can compare detectors on the same stimuli.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from common.errors import InputError
from metrics.boundaries.detectors import DETECTORS, lacks
from metrics.statistics.base import Collection, Instrument, ProgressCallback, Statistic
from metrics.statistics.coherence import Coherence


class CoherenceBy(Coherence):
    """C by one detector.

    Class attributes:
        detector: its name in the registry of detectors.

    """

    detector: ClassVar[str]

    @classmethod
    def lacks(cls) -> str:
        """What the detector lacks."""
        return lacks(cls.detector)

    @classmethod
    def add_options(cls, parser: argparse.ArgumentParser) -> None:
        """It has no options."""

    @classmethod
    def settings(cls, options: Mapping[str, Any], collection: Collection) -> dict[str, Any]:
        """The detector."""
        return {"detector": cls.detector}

    @classmethod
    def settings_of(cls, instrument: str, data: Path) -> dict[str, Any]:
        """The detector with its version, and the kind of truth.

        Raises:
            InputError: the instrument is not one of this detector.

        """
        found = super().settings_of(instrument, data)
        if found["detector"] != cls.detector:
            raise InputError(f"'{instrument}' is not an instrument of {cls.key}")
        return found

    @classmethod
    def open(
        cls, settings: Mapping[str, Any], collection: Collection, progress: ProgressCallback
    ) -> Instrument:
        """Choose the detector."""
        from metrics.statistics.instruments.coherence import CoherenceInstrument  # scipy

        return CoherenceInstrument(
            cls.detector,
            version=settings.get("version"),
            truth=settings.get("truth"),
            number=cls.key,
        )


def _by(detector: str) -> type[Statistic]:
    key = f"C-{detector}"
    described = {
        "__doc__": f"C by the detector `{detector}`.",
        "__module__": __name__,
        "key": key,
        "names": (key,),
        "title": f"Coherence, by the boundary detector {detector}",
        "detector": detector,
    }
    return type(f"CoherenceBy{detector.title()}", (CoherenceBy,), described)


COHERENCE_BY: dict[str, type[Statistic]] = {f"C-{name}": _by(name) for name in DETECTORS}
"""Key → declaration, one for each detector of the registry."""
