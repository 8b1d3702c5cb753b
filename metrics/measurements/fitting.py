"""Fit calibrations to the votes of studies, and store them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from django.db import transaction
from django.db.models import QuerySet

from common.errors import InputError
from metrics.calibration.calibrate import calibrate
from metrics.calibration.export import Model
from metrics.calibration.file_format import LATER
from metrics.measurements.table import statistics_frame, usual_instruments
from metrics.models import Calibration
from studies.exchange.export import votes_frame
from studies.models import Study
from transfer.models import Stimulus

_LONGEST_NAME = 190  # characters; leaves room for " (2)" in the 200 of the column


def fit_calibration(
    studies: Sequence[Study],
    target: str,
    *,
    name: str = "",
    instruments: Mapping[str, str] | None = None,
    statistics: pd.DataFrame | None = None,
    created_by: Any = None,
    **options: Any,
) -> Calibration:
    """Fit the votes of `studies` to the statistics of their stimuli, and store the model.

    The same votes, statistics and options give the stored calibration again.

    Args:
        studies: of the kind that `target` names.
        target: `E` or `C`.
        name: of the calibration; by default made from the names of the studies.
        instruments: statistic (E, C) → instrument; by default the one that measured most stimuli,
            and of equals the one that was used last.
        statistics: the table to fit to instead of the stored measurements, for example if the
            stimuli were measured elsewhere.
        created_by: the user.
        options: of `metrics.calibration.calibrate.calibrate`.

    Raises:
        InputError: a study of another kind, a name in use, or votes that yield no model.

    """
    for study in studies:
        if study.kind != target:
            raise InputError(
                f"study '{study.name}' is a {study.kind}-test: it cannot calibrate {target}"
            )
    if statistics is None:
        statistics = _stored_statistics(studies, instruments or {})
    model = calibrate(votes_frame(studies), statistics, target, **options)
    return _store(model, studies, name, created_by)


def _stored_statistics(studies: Sequence[Study], instruments: Mapping[str, str]) -> pd.DataFrame:
    """The numbers of the instruments that are named, or that measured most stimuli.

    Stimuli that others measured have no number then, and their votes count among those left out.
    """
    stimuli = Stimulus.objects.filter(studies__in=studies).distinct()
    return statistics_frame(stimuli, usual_instruments(stimuli) | dict(instruments))


def _store(model: Model, studies: Sequence[Study], name: str, created_by: Any) -> Calibration:
    exported = model.to_json()
    fingerprint = model.details["data_fingerprint"]
    for stored in Calibration.objects.filter(target=model.target, data_fingerprint=fingerprint):
        if _equal(stored.model, exported) and name in ("", stored.name):
            return stored
    of_owner = Calibration.objects.filter(created_by=created_by)  # other names stay unknown
    if name and of_owner.filter(name=name).exists():
        raise InputError(f"a calibration is named '{name}' already: choose another name")
    label = name or _free_name(of_owner, f"{model.target}: {', '.join(s.name for s in studies)}")
    with transaction.atomic():
        calibration = Calibration.objects.create(
            name=label,
            target=model.target,
            simulated=model.simulated,
            data_fingerprint=fingerprint,
            model=exported,
            created_by=created_by,
        )
        calibration.studies.set(studies)
    return calibration


def _equal(first: Mapping[str, Any], second: Mapping[str, Any]) -> bool:
    """Whether two exports differ at most in the versions of the software.

    Keys that exports of earlier versions lack follow from the others.
    """
    keys = (first.keys() | second.keys()) - {"software", *LATER}
    return all(key in first and key in second and first[key] == second[key] for key in keys)


def _free_name(among: QuerySet[Calibration], wanted: str) -> str:
    label, number = wanted[:_LONGEST_NAME], 1
    while among.filter(name=label).exists():
        number += 1
        label = f"{wanted[:_LONGEST_NAME]} ({number})"
    return label
