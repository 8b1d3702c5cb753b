"""The stimuli of the database in the EC space: whose scores, by which models."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import QuerySet

from common.errors import InputError
from metrics.calibration.presets import PRESETS, preset
from metrics.measurements.table import instruments, statistics_frame, usual_instruments
from metrics.models import Calibration
from transfer.models import Batch, Stimulus

if TYPE_CHECKING:
    import pandas as pd

    from metrics.calibration.export import Model
    from metrics.calibration.stability import Stability
    from metrics.ecspace.grid import ECSpace

PUBLISHED = {"E": "wacv2020-E", "C": "wacv2020-C"}


@dataclass(frozen=True)
class Scoring:
    """A model, and what to call it: a calibration of this installation or a published model."""

    label: str
    model: Model
    calibration: Calibration | None
    any_instrument: bool = False
    """Whether statistics of another instrument than the model's may be scored."""

    @property
    def key(self) -> str:
        """How an address names it."""
        return str(self.calibration.pk) if self.calibration else self.label

    @property
    def simulated(self) -> bool:
        """Whether simulated votes took part."""
        return self.model.simulated

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The lines of a table of coefficients; published models have no errors."""
        return coefficient_rows(self.model)

    def instruments_for(self, stimuli: QuerySet[Stimulus]) -> dict[str, str]:
        """The model's instruments; where any may do, only those that measured some of `stimuli`."""
        return {
            key: name
            for key, name in self.model.instruments.items()
            if not self.any_instrument or name in instruments(stimuli, key)
        }


def coefficient_rows(model: Model) -> list[dict[str, Any]]:
    """One row per term: coefficient, clustered and naive error, interval, separated or not."""
    details = model.details
    return [
        {
            "term": term,
            "coefficient": model.coefficients[term],
            "error": model.std_errors[term],
            "naive": details.get("naive_std_errors", {}).get(term),
            "interval": details.get("intervals", {}).get(term, [None, None]),
            "separated": term in details.get("separated", []),
        }
        for term in model.terms
    ]


def scoring(target: str, key: str = "", among: QuerySet[Calibration] | None = None) -> Scoring:
    """The model of `target` that an address or option names: an id, a name, or a preset.

    Without a name the newest calibration, or the published model where there is none. among: the
    calibrations that whoever asks may see, all by default.

    Raises:
        InputError: there is no such model, or it is one of the other target.

    """
    rows = (Calibration.objects.all() if among is None else among).filter(target=target)
    if key in PRESETS and PRESETS[key].target == target:
        return Scoring(key, preset(key), None)
    if not key:
        newest = rows.first()
        if newest is None:
            return Scoring(PUBLISHED[target], preset(PUBLISHED[target]), None)
        return Scoring(newest.name, newest.exported, newest)
    found = rows.filter(pk=int(key)) if key.isdecimal() else rows.filter(name=key)
    row = found.first()
    if row is None:
        raise InputError(f"no {target}-calibration is named '{key}': see the list of calibrations")
    return Scoring(row.name, row.exported, row)


def scored_frame(stimuli: QuerySet[Stimulus], scorings: Mapping[str, Scoring]) -> pd.DataFrame:
    """The columns of SCORES.csv for `stimuli`: their statistics, E_score and C_score.

    Each model takes the statistics of the instruments that it was fitted to, wherever they exist; a
    published model, which names none, those that measured most.

    Raises:
        InputError: the instruments of a model measured none of the stimuli, unless any may do.

    """
    from metrics.calibration.score import score

    usual = usual_instruments(stimuli)
    wanted = dict(usual)
    for chosen in scorings.values():
        wanted |= chosen.instruments_for(stimuli)
    frame = statistics_frame(stimuli, wanted)
    for target, chosen in scorings.items():
        own = usual | chosen.instruments_for(stimuli)
        table = frame if own == wanted else statistics_frame(stimuli, own)
        frame[f"{target}_score"] = score(
            chosen.model, table, any_instrument=chosen.any_instrument
        ).to_numpy()
    return frame


def space_stability(
    space: ECSpace,
    scored: pd.DataFrame,
    stimuli: QuerySet[Stimulus],
    scorings: Mapping[str, Scoring],
) -> Stability | None:
    """How sure places in the EC space are, by the bootstrap of both models.

    scored: what `scored_frame` gives of `stimuli`. None where a model has no replicates, as the
    published ones, or where the two were fitted to numbers of different instruments, so that no
    table holds the statistics of both.
    """
    from metrics.calibration.stability import stability

    usual = usual_instruments(stimuli)
    own = [usual | chosen.instruments_for(stimuli) for chosen in scorings.values()]
    if any(each != own[0] for each in own):
        return None
    models = {target: chosen.model for target, chosen in scorings.items()}
    if not all(
        (model.details.get("bootstrap") or {}).get("replicates") for model in models.values()
    ):
        return None
    return stability(space, models, scored)


def stimuli_of(batches: list[Batch]) -> QuerySet[Stimulus]:
    """The finished stimuli of some batches."""
    return Stimulus.objects.filter(batch__in=batches, state=Stimulus.State.DONE)
