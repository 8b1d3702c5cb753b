"""Set-level metrics of a batch, kept in the data folder for the tables of methods."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from common.atomic import write_text
from common.errors import InputError
from metrics.measurements.learning import made_of
from metrics.measurements.measuring import data_folder
from metrics.measurements.table import other_instruments, statistics_frame, usual_instruments
from metrics.statistics.set_level import DISTANCE, SetLevel, set_level
from transfer.models import Batch, Stimulus

if TYPE_CHECKING:
    from metrics.statistics.instruments.moments import Moments

FORMAT = "ec-space set-level metrics 1"


def measure_set_level(
    batch: Batch,
    moments: Moments,
    layer: str,
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> list[SetLevel]:
    """ArtFID's form of each method of a batch; it is kept.

    Args:
        batch: whose stimuli `feature-distance` was measured of.
        moments: reads pictures by an encoder.
        layer: whose channel means are compared.
        progress: called with the number of stimuli that were read, and of all.

    Raises:
        InputError: the distance is not measured, or the encoder lacks the layer.
        StorageError: the answer cannot be written.

    """
    stimuli = batch.stimuli.filter(state=Stimulus.State.DONE)
    if DISTANCE not in (others := other_instruments(stimuli)):
        raise InputError(
            f"{DISTANCE} of these stimuli is not measured: manage.py measure --batch "
            f"'{batch.name}' --statistics {DISTANCE}"
        )
    chosen = usual_instruments(stimuli) | {DISTANCE: others[DISTANCE]}
    frame = statistics_frame(stimuli, chosen, further=(DISTANCE,)).set_index("stimulus")
    features = moments.features(made_of(stimuli), progress)
    methods = frame["method"].loc[list(features.stimuli)].tolist()
    distances = {str(name): float(value) for name, value in frame[DISTANCE].items()}
    found = set_level(features, methods, distances, layer)
    said = {
        "format": FORMAT,
        "instrument": features.instrument,
        "layer": layer,
        "distance": others[DISTANCE],
        "methods": [one.to_json() for one in found],
    }
    text = json.dumps(said, indent=1, ensure_ascii=False, allow_nan=False)
    write_text(text, _path(batch), make_folder=True)
    return found


def kept_set_level(batches: Sequence[Batch]) -> dict[str, Any]:
    """What `measure_set_level` kept: `instrument`, `layer`, `distance`, `methods`.

    Empty for several batches, whose sets would be other ones, and where nothing is kept.
    """
    if len(batches) != 1:
        return {}
    try:
        said = json.loads(_path(batches[0]).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    known = isinstance(said, dict) and said.get("format") == FORMAT
    return dict(said) if known else {}


def _path(batch: Batch) -> Path:
    return data_folder() / "set-level" / f"batch-{batch.pk}.json"
