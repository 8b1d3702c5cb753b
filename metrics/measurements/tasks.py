"""Tasks of metrics. A task only starts a worker; the rows say what has to be measured."""

from __future__ import annotations

import logging

from django.db import transaction
from django_tasks import task

from common.errors import MachineError, StorageError
from metrics.measurements.jobs import measure_chunk
from metrics.measurements.orders import add_requested
from metrics.models import MeasurementJob, MeasuringOrder
from metrics.statistics import statistic
from transfer.models import Batch

logger = logging.getLogger(__name__)
CHUNKS = 4
"""Chunks of one task: about a minute of C by gPb."""


@task()
def measure_jobs(job_ids: list[int]) -> int:
    """Measure what waits of some jobs, chunk by chunk. Returns how many were worked on.

    Rows that this machine cannot measure, or store, wait for another worker, or for this one later.
    """
    done = 0
    rows = MeasurementJob.objects.filter(pk__in=job_ids)
    try:
        while (chunk := rows.next_chunk()).exists():
            done += measure_chunk(chunk)
    except (MachineError, StorageError) as error:
        logger.warning("measurements wait again: %s", error)
    return done


def enqueue_waiting(order: MeasuringOrder) -> None:
    """Enqueue tasks for the waiting jobs of an order, after the transaction."""
    waiting = order.jobs.filter(state=MeasurementJob.State.PENDING).order_by("chunk", "pk")
    ids = list(waiting.values_list("pk", flat=True))
    transaction.on_commit(lambda: _enqueue(ids, CHUNKS * statistic(order.statistic).together))


def batch_made(batch: Batch, enqueue: bool) -> None:
    """Start what was ordered for a batch whose stimuli have all ended."""
    for order in add_requested(batch):
        if enqueue:
            enqueue_waiting(order)


def _enqueue(ids: list[int], most: int) -> None:
    for first in range(0, len(ids), most):
        measure_jobs.enqueue(ids[first : first + most])
