"""Measure what the jobs of one chunk ask for: claim, measure, store.

The numbers of a job and its state are written in one transaction, so a worker that is killed leaves
no half result, and a job that runs twice stores its numbers once.
"""

from __future__ import annotations

import json
import logging
import time
from functools import lru_cache
from pathlib import Path

from django.db import transaction

from common.errors import InputError, MachineError
from common.threads import one_thread
from metrics.measurements.measuring import collection_of, sample_of
from metrics.models import Measurement, MeasurementJob, MeasuringOrder
from metrics.statistics import statistic
from metrics.statistics.base import Instrument, Sample, Value
from transfer.batches.claimed import is_of_the_machine, one_line, work_on
from transfer.batches.presence import tell_device
from transfer.models import Batch
from transfer.models.ledger import Lease, Ledger

logger = logging.getLogger(__name__)
Ready = tuple[MeasurementJob, Sample, str]
"""A job, its files, and the name of the instrument for it."""


def measure_chunk(rows: Ledger[MeasurementJob]) -> int:
    """Claim and measure the waiting ones of `rows` (all of one chunk). Returns their number.

    A stimulus that cannot be measured fails its own job. Raises as `claimed.work_on` does; a file
    that is missing here is such a case, so its job waits.
    """
    return work_on(rows, _measure_claimed)


def _measure_claimed(lease: Lease) -> None:
    jobs = list(lease.rows.select_related("order", "stimulus__content", "reference").order_by("pk"))
    if not jobs:  # deleted or taken back since they were claimed
        return
    # One thread: sums are split by threads, and numbers must not depend on a machine's cores.
    with one_thread():
        instrument = _instrument_of(jobs[0].order)
        lease.rows.update(device=instrument.device[:100])
        tell_device(instrument.device)
        missing = _measure(lease, jobs, instrument)
    if missing:
        raise MachineError(missing)


def _measure(lease: Lease, jobs: list[MeasurementJob], instrument: Instrument) -> str:
    """Measure jobs of one order. Returns which file is missing, or nothing."""
    ready: list[Ready] = []
    missing = ""
    for job in jobs:
        try:
            sample = sample_of(job.stimulus, job.reference)
            if absent := _absent(sample):
                missing = f"{absent} is missing: restore the file, then measure again"
                lease.release(missing, [job.pk])
                continue
            ready.append((job, sample, instrument.name(sample)))
        except InputError as error:
            lease.fail(one_line(error), [job.pk])
    ready = [each for each in ready if not _is_stored(lease, *each)]
    outcomes = instrument.measure_many([sample for _, sample, _ in ready])
    for job, _, name in ready:
        start = time.perf_counter()
        try:
            outcome = next(outcomes)
        except Exception as error:
            if is_of_the_machine(error):
                raise
            logger.exception("%s could not be measured", job.label)
            lease.fail_attempt(one_line(f"{type(error).__name__}: {error}"), [job.pk])
            lease.release()  # its neighbours are not at fault
            break
        if isinstance(outcome, InputError):
            lease.fail(one_line(outcome), [job.pk])
        else:
            _store(lease, job, name, outcome, time.perf_counter() - start)
    return missing


def _absent(sample: Sample) -> Path | None:
    """A file of a sample that this machine does not have."""
    files = (sample.image, sample.reference, sample.annotations)
    return next((file for file in files if file is not None and not file.exists()), None)


def _is_stored(lease: Lease, job: MeasurementJob, sample: Sample, name: str) -> bool:
    """Whether the numbers of a job are stored already; the job is then done."""
    names = statistic(job.order.statistic).names
    stored = Measurement.objects.filter(
        stimulus=job.stimulus, reference=job.reference, instrument=name, statistic__in=names
    )
    if stored.count() < len(names):
        return False
    lease.finish(job.pk, {"instrument": name, "seconds": None})
    return True


def _store(
    lease: Lease, job: MeasurementJob, name: str, values: dict[str, Value], seconds: float
) -> None:
    """Store the numbers and end the job; of two that measure the same, the first one's are kept."""
    with transaction.atomic():
        if not lease.finish(job.pk, {"instrument": name, "seconds": seconds}):
            return
        Measurement.objects.bulk_create(
            [
                Measurement(
                    stimulus=job.stimulus,
                    reference=job.reference,
                    statistic=number,
                    instrument=name,
                    value=value.value,
                    details=dict(value.details),
                )
                for number, value in values.items()
            ],
            ignore_conflicts=True,
        )


def _instrument_of(order: MeasuringOrder) -> Instrument:
    settings = json.dumps(order.settings, sort_keys=True)
    return opened(order.statistic, settings, order.batch_id)


@lru_cache(maxsize=4)
def opened(key: str, settings: str, batch: int) -> Instrument:
    """The instrument of an order, which stays open for the next chunk.

    Args:
        key: of the statistic.
        settings: JSON, see `Statistic.settings`.
        batch: primary key of the batch, from whose contents a basis may be made.

    """
    collection = collection_of(Batch.objects.get(pk=batch))
    return statistic(key).open(json.loads(settings), collection, lambda *_: None)
