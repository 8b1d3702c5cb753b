"""The table of processes that work on the ledger, each with the time it was last seen."""

from __future__ import annotations

from datetime import timedelta
from typing import Self

from django.db import models
from django.db.models.functions import Now

from transfer.models.ledger import LEASE, is_gone

KEPT = timedelta(days=7)
"""Time for which a process that has ended stays in the table."""


class WorkerProcessQuerySet(models.QuerySet["WorkerProcess"]):
    """Selections of processes."""

    def seen(self) -> Self:
        """Those that have not ended and were seen within the time of a lease.

        A later time than now is that of a process lost before the clock was set back.
        """
        return self.filter(ended_at=None, seen_at__range=(Now() - LEASE, Now() + LEASE))

    def alive(self) -> list[WorkerProcess]:
        """Those of `seen`, without processes of this machine that were killed."""
        return [worker for worker in self.seen() if not is_gone(worker.name)]

    def forget(self) -> None:
        """Delete the rows of processes that ended long ago."""
        self.filter(seen_at__lt=Now() - KEPT).delete()


class WorkerProcess(models.Model):
    """A process that makes or measures stimuli. All times are by the clock of the database."""

    name = models.CharField(max_length=200, unique=True)  # host:pid, as in the rows it works on
    command = models.CharField(max_length=20)
    device = models.CharField(max_length=100, blank=True)
    started_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    doing = models.CharField(max_length=300, blank=True)  # empty: waiting for work
    error = models.TextField(blank=True)  # the latest one
    error_at = models.DateTimeField(null=True, blank=True)
    reaped = models.PositiveIntegerField(default=0)  # rows that it took back from lost workers

    objects = WorkerProcessQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        verbose_name_plural = "worker processes"
        indexes = [models.Index(fields=["seen_at"], name="worker_seen")]

    def __str__(self) -> str:
        return self.name
