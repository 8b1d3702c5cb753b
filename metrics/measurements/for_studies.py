"""Statistics for the planning of studies; registered with studies by `MetricsConfig.ready`.

The module is imported when Django starts, so its functions import pandas and SciPy when called.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from metrics.calibration.presets import PRESETS
from studies.planning.statistics_provider import Detection
from transfer.models import Stimulus


def statistics_of(stimuli: Collection[int], target: str) -> dict[str, dict[int, float]]:
    """The candidate terms of an E- or C-model: term → primary key of the stimulus → value.

    Missing values are left out, and so are terms without any value.
    """
    from metrics.calibration.calibrate import CANDIDATES
    from metrics.measurements.table import statistics_frame, usual_instruments

    rows = Stimulus.objects.filter(pk__in=stimuli)
    instruments = usual_instruments(rows)
    if not instruments:
        return {}
    frame = statistics_frame(rows, instruments).set_index("stimulus")
    keys = {public_id.hex: pk for pk, public_id in rows.values_list("pk", "public_id")}
    columns = {term: frame[term].dropna() for term in CANDIDATES[target]}
    return {
        term: {keys[str(name)]: float(value) for name, value in values.items()}
        for term, values in columns.items()
        if len(values)
    }


def published_coefficients(target: str) -> dict[str, float]:
    """The published E- or C-model: term → coefficient."""
    return dict(next(m.coefficients for m in PRESETS.values() if m.target == target))


def detection_of(participants: int, power: float, **asked: Any) -> Detection:
    """Whether the votes of a study tell two statistics apart.

    asked: of `metrics.calibration.referee.power.TwoStatistics`. Raises InputError as it does.
    """
    from metrics.calibration.referee.power import TwoStatistics  # SciPy

    two = TwoStatistics(**asked)
    needed = two.people(power)
    votes = None if needed is None else needed * two.votes
    return Detection(two.power(participants), needed, votes)
