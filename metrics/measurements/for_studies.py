"""What studies are told of their stimuli's statistics before they open."""

from __future__ import annotations

from collections.abc import Collection

from metrics.measurements.table import statistics_frame, usual_instruments
from transfer.models import Stimulus


def statistics_of(stimuli: Collection[int], target: str) -> dict[str, dict[int, float]]:
    """The terms that a calibration of E or C may choose from: term → stimulus → value.

    Terms that no stimulus has are left out, and so are the values that are not there.
    """
    # The calibration's libraries are slow to import and only needed here.
    from metrics.calibration.calibrate import CANDIDATES

    rows = Stimulus.objects.filter(pk__in=stimuli)
    found = usual_instruments(rows)
    if not found:
        return {}
    frame = statistics_frame(rows, found).set_index("stimulus")
    keys = {public_id.hex: pk for pk, public_id in rows.values_list("pk", "public_id")}
    known = {term: frame[term].dropna() for term in CANDIDATES[target]}
    return {
        term: {keys[str(name)]: float(value) for name, value in values.items()}
        for term, values in known.items()
        if len(values)
    }


def published_coefficients(target: str) -> dict[str, float]:
    """The published model of E or C: term → coefficient."""
    from metrics.calibration.presets import PRESETS

    return dict(next(m.coefficients for m in PRESETS.values() if m.target == target))
