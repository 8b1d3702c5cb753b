"""Orders to measure a batch, and the jobs that they consist of.

An order says by which statistic and in which way; its jobs are rows of the ledger, one for each
finished stimulus and reference. Starting an order again adds and reopens only what is missing.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from django.contrib.auth.models import User
from django.db.models import Max

from common.colours import CONVERSION
from common.errors import InputError
from metrics.measurements.measuring import collection_of, data_folder, pairs_of
from metrics.models import Calibration, Measurement, MeasurementJob, MeasuringOrder
from metrics.statistics import STATISTICS, statistic
from metrics.statistics.base import (
    ANNOTATION_DIGITS,
    ANNOTATION_MARK,
    COLOUR_MARK,
    Statistic,
)
from transfer.models import Batch, Picture, Stimulus

_ROWS = 500  # of one statement


def order_of(
    batch: Batch, key: str, settings: Mapping[str, Any], user: User | None = None
) -> MeasuringOrder:
    """The order to measure `batch` by a statistic with `settings`; a new one has no jobs yet.

    Args:
        batch: its finished stimuli are measured.
        key: of the statistic.
        settings: see `Statistic.settings`.
        user: who asked for it.

    """
    text = json.dumps(settings, sort_keys=True)
    order, _ = MeasuringOrder.objects.get_or_create(
        batch=batch,
        statistic=key,
        settings_key=hashlib.sha256(text.encode()).hexdigest(),
        defaults={"settings": dict(settings), "created_by": user},
    )
    return order


def start(
    batch: Batch, key: str, settings: Mapping[str, Any], user: User | None = None
) -> MeasuringOrder:
    """Let wait what is missing of an order: new stimuli, failed jobs, numbers that are gone."""
    order = order_of(batch, key, settings, user)
    add_jobs(order)
    _reopen(order)
    order.jobs.retry()
    return order


def start_default(batch: Batch, user: User | None = None) -> list[MeasuringOrder]:
    """Start to measure a batch by every statistic with its default instrument."""
    return [start(batch, key, settings, user) for key, settings in _default_settings(batch)]


def start_for_model(
    batch: Batch, calibration: Calibration, user: User | None = None
) -> list[MeasuringOrder]:
    """Start to measure a batch with the instruments that a model was fitted to.

    Raises:
        InputError: see `settings_for_model`.

    """
    chosen = settings_for_model(calibration)
    return [start(batch, key, settings, user) for key, settings in chosen.items()]


def settings_for_model(calibration: Calibration) -> dict[str, dict[str, Any]]:
    """Statistic → settings that give the instrument that a model was fitted to.

    Raises:
        InputError: the model names no instrument, or one that this installation does not have.

    """
    named = calibration.exported.instruments
    if not named:
        raise InputError(f"'{calibration}' does not say with which instruments it was measured")
    return {key: statistic(key).settings_of(name, data_folder()) for key, name in named.items()}


def request(batch: Batch, user: User | None = None) -> None:
    """Measure a batch with the default instruments once its stimuli are made."""
    for key, settings in _default_settings(batch):
        order_of(batch, key, settings, user)
    if not batch.stimuli.is_open():
        add_requested(batch)


def add_requested(batch: Batch) -> list[MeasuringOrder]:
    """Add the jobs of stimuli that were made since the orders of a batch were given."""
    orders = list(batch.measuring_orders.all())
    for order in orders:
        add_jobs(order)
    return orders


def catch_up() -> None:
    """Add the jobs of batches whose last worker ended before it could add them."""
    for order in MeasuringOrder.objects.select_related("batch"):
        made = order.batch.stimuli.filter(state=Stimulus.State.DONE)
        if statistic(order.statistic).reference == "content":
            made = made.filter(content__isnull=False)
        missing = made.exclude(measurement_jobs__order=order)
        if missing.exists() and not order.batch.stimuli.is_open():
            add_jobs(order)


def add_jobs(order: MeasuringOrder) -> None:
    """Add a waiting job for each finished stimulus and reference that has none."""
    kind = statistic(order.statistic)
    known = set(order.jobs.values_list("stimulus_id", "reference_id"))
    missing = [
        pair for pair in pairs_of(order.batch, kind) if (pair[0].pk, pair[1].pk) not in known
    ]
    last = order.jobs.aggregate(last=Max("chunk"))["last"]
    first = 0 if last is None else last + 1
    MeasurementJob.objects.bulk_create(
        [
            MeasurementJob(order=order, stimulus=stimulus, reference=reference, chunk=number)
            for number, chunk in enumerate(_chunks(missing, kind.together), start=first)
            for stimulus, reference in chunk
        ],
        batch_size=_ROWS,
        ignore_conflicts=True,  # another process may add them at the same time
    )


def _default_settings(batch: Batch) -> Iterator[tuple[str, dict[str, Any]]]:
    collection = collection_of(batch)
    for key in STATISTICS:
        yield key, statistic(key).settings({}, collection)


def _chunks(
    pairs: Sequence[tuple[Stimulus, Picture]], most: int
) -> Iterator[list[tuple[Stimulus, Picture]]]:
    """Pairs of one reference and one width, at most `most` together."""
    for _, group in groupby(pairs, key=lambda pair: (pair[1].pk, pair[0].width)):
        alike = list(group)
        yield from (alike[first : first + most] for first in range(0, len(alike), most))


def _reopen(order: MeasuringOrder) -> None:
    """Let jobs wait again whose numbers are gone, or were measured against other annotations."""
    kind = statistic(order.statistic)
    stored = Counter(
        Measurement.objects.filter(stimulus__batch=order.batch, statistic__in=kind.names)
        .order_by()
        .values_list("stimulus_id", "reference_id", "instrument")
    )
    done = order.jobs.filter(state=MeasurementJob.State.DONE)
    stale = [
        job.pk
        for job in done.select_related("reference")
        if stored[job.stimulus_id, job.reference_id, job.instrument] < len(kind.names)
        or not _is_current(job, kind)
    ]
    for first in range(0, len(stale), _ROWS):
        done.filter(pk__in=stale[first : first + _ROWS]).update(
            state=MeasurementJob.State.PENDING, attempt=0, instrument="", finished_at=None
        )


def _is_current(job: MeasurementJob, kind: type[Statistic]) -> bool:
    """Whether a job was measured against annotations and colours as its reference has them now."""
    if job.instrument.partition(COLOUR_MARK)[2] not in ("", CONVERSION):
        return False
    if not kind.uses_annotations:
        return True
    name = job.reference.annotations.name if job.reference.annotations else ""
    digits = Path(name or "").stem[:ANNOTATION_DIGITS]  # stored under their SHA-256
    return job.instrument.partition(ANNOTATION_MARK)[2] == digits
