"""The task that writes reports. It only starts the work; the rows say what has to be written."""

from __future__ import annotations

import logging

from django.db import transaction
from django_tasks import task

from common.errors import MachineError, StorageError
from metrics.models import ReportJob

logger = logging.getLogger(__name__)


@task()
def write_report(job_id: int) -> int:
    """Write a report that waits. Returns how many were written: 1, or 0 if another worker did."""
    from metrics.report.jobs import write_waiting  # matplotlib

    try:
        return write_waiting(ReportJob.objects.filter(pk=job_id))
    except (MachineError, StorageError) as error:
        logger.warning("a report waits again: %s", error)
        return 0


def enqueue(job: ReportJob) -> None:
    """Enqueue the task for a report that waits, after the transaction."""
    transaction.on_commit(lambda: _enqueue(job.pk))


def _enqueue(job_id: int) -> None:
    write_report.enqueue(job_id)
