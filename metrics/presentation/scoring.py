"""Choose models by name, and score stimuli of the database by them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import pandas as pd
from django.db.models import QuerySet

from common.errors import InputError
from metrics.calibration.export import Model
from metrics.calibration.presets import PRESETS, preset
from metrics.calibration.score import score
from metrics.calibration.stability import Stability, stability
from metrics.calibration.verdict import Verdict, verdict
from metrics.ecspace.grid import ECSpace
from metrics.measurements.table import instruments, statistics_frame, usual_instruments
from metrics.models import Calibration
from transfer.models import Batch, Stimulus

PUBLISHED = {"E": "wacv2020-E", "C": "wacv2020-C"}
"""Target → the published model (Yeh et al. 2020, section 4.1)."""
SIMULATED = "simulated votes"
"""An addition to titles of figures and tables."""


@dataclass(frozen=True)
class Scoring:
    """A model with its name: a calibration of this installation, or a published model.

    Attributes:
        label: the name of the calibration or of the published model.
        model: its coefficients.
        calibration: its row; None for a published model.
        any_instrument: whether it may score numbers of another instrument than its own.

    """

    label: str
    model: Model
    calibration: Calibration | None
    any_instrument: bool = False

    @property
    def key(self) -> str:
        """The name of the model in addresses of pages."""
        return str(self.calibration.pk) if self.calibration else self.label

    @property
    def simulated(self) -> bool:
        """Whether simulated votes were among those that the model was fitted to."""
        return self.model.simulated

    @cached_property
    def verdict(self) -> Verdict | None:
        """Whether conclusions may be drawn from the model; None for a published one."""
        return verdict(self.model)

    def instruments_for(self, stimuli: QuerySet[Stimulus]) -> dict[str, str]:
        """The model's instruments: statistic → name.

        With `any_instrument`, only the instruments that measured some of `stimuli`.
        """
        return {
            key: name
            for key, name in self.model.instruments.items()
            if not self.any_instrument or name in instruments(stimuli, key)
        }


def scoring(target: str, key: str = "", among: QuerySet[Calibration] | None = None) -> Scoring:
    """The model of `target` with a certain name.

    Args:
        target: `E` or `C`.
        key: the primary key or name of a calibration, or the name of a published model. By default
            the newest calibration, or the published model if there is no calibration.
        among: the calibrations to choose from, for example those that a user may see; all by
            default.

    Raises:
        InputError: no model has this name, or it is a model of the other target.

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
    if len(found[:2]) > 1:
        numbers = ", ".join(str(row.pk) for row in found)
        raise InputError(f"several {target}-calibrations are named '{key}': use one of {numbers}")
    row = found.first()
    if row is None:
        raise InputError(f"no {target}-calibration is named '{key}': see the list of calibrations")
    return Scoring(row.name, row.exported, row)


def scored_frame(stimuli: QuerySet[Stimulus], scorings: Mapping[str, Scoring]) -> pd.DataFrame:
    """The columns of SCORES.csv for `stimuli`: their statistics, E_score and C_score.

    A fitted model scores the numbers of the instruments that it was fitted to. A published model,
    which names no instrument, scores those of the instrument that measured most stimuli.

    Raises:
        InputError: an instrument of a model measured none of the stimuli, and the model does not
            accept others.

    """
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
    """The uncertainty of positions in the EC space from the sample of participants.

    Args:
        space: the grid.
        scored: the result of `scored_frame` for `stimuli`.
        stimuli: those of the space.
        scorings: target → model.

    Returns:
        None if a model has no bootstrap replicates, as the published ones, or if the two models
        were fitted to numbers of different instruments, so that no table holds the terms of both.

    """
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
    """The finished stimuli of `batches`."""
    return Stimulus.objects.filter(batch__in=batches, state=Stimulus.State.DONE)
