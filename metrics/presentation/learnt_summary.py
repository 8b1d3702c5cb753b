"""The learnt referee of a study as pages and reports show it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from metrics.calibration.learnt.model_file import JSON_FILE
from metrics.calibration.learnt.splits import SPLITS
from metrics.measurements.learning import folder_of, said_of
from studies.models import Study


@dataclass(frozen=True)
class LearntRow:
    """One model. losses: mean log loss of the fit, then of each of `SPLITS`, None if not known."""

    name: str
    losses: tuple[float | None, ...]
    accuracy: float | None
    """Share of the votes predicted whose participants were left out."""


@dataclass(frozen=True)
class LearntSummary:
    """What was said when a study's referee was learnt.

    Attributes:
        study: its name.
        made: when.
        heads: what was left out, for the heads of the table.
        warning: whether it is not shown to hold for other methods.

    """

    study: str
    made: datetime
    heads: tuple[str, ...]
    rows: tuple[LearntRow, ...]
    verdict: str
    warning: bool
    votes: int
    participants: int
    simulated: int
    instrument: str
    notes: tuple[str, ...]


def learnt_summary(study: Study) -> LearntSummary | None:
    """The newest learnt referee of a study; None if none is kept."""
    said = said_of(study)
    if said is None:
        return None
    made = (folder_of(study) / JSON_FILE).stat().st_mtime
    return LearntSummary(
        study=study.name,
        made=datetime.fromtimestamp(made, UTC),
        heads=SPLITS,
        rows=tuple(_row(model) for model in said["models"]),
        verdict=said["verdict"]["words"],
        warning=said["verdict"]["level"] != "holds",
        votes=said["votes"],
        participants=said["participants"],
        simulated=said["simulated"],
        instrument=said["instrument"],
        notes=tuple(said["notes"]),
    )


def _row(model: dict[str, Any]) -> LearntRow:
    held = [model["held_out"].get(name) for name in SPLITS]
    left_out = [each["log_loss"] if each else None for each in held]
    people = held[0]
    return LearntRow(
        name=model["name"],
        losses=(model["log_loss"], *left_out),
        accuracy=people["accuracy"] if people else None,
    )
