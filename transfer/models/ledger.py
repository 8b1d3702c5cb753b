"""The job ledger in rows: the state of each row, and the worker that works on it.

    pending → running → done | failed

One conditional update claims the rows of a chunk for a worker, which holds them by a lease and
renews it while it works. Rows whose lease has expired are reaped: they wait again. A worker writes
only to rows whose lease is still its own. So work may be done twice but is never lost, and the task
queue only has to start workers. Stimuli are such rows, and so are measurements that are asked for.
"""

from __future__ import annotations

import os
import socket
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, ClassVar, Self, TypeVar

from django.db import models
from django.db.models import Count, F, Q
from django.db.models.expressions import CombinedExpression
from django.db.models.functions import Now
from django.utils import timezone

Row = TypeVar("Row", bound=models.Model)

ATTEMPTS = 3
"""Maximum number of attempts; a row has then failed for good."""
LEASE = timedelta(seconds=60)
RENEWAL = timedelta(seconds=10)
"""Time between renewals; a few may fail before the lease expires."""
LATEST = 50
"""Number of latest rows that the time for one is computed from, because methods differ."""


class State(models.TextChoices):
    """State of a job."""

    PENDING = "pending"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True)
class Progress:
    """Numbers of rows in each state."""

    pending: int = 0
    running: int = 0
    done: int = 0
    failed: int = 0

    @property
    def total(self) -> int:
        """The rows in any state."""
        return self.pending + self.running + self.done + self.failed

    @property
    def ended(self) -> int:
        """The rows that are done or failed."""
        return self.done + self.failed

    @property
    def open(self) -> int:
        """The rows that are still to be done."""
        return self.pending + self.running


class Job(models.Model):
    """The columns of a row that is a job."""

    State = State

    state = models.CharField(max_length=7, choices=State.choices, default=State.PENDING)
    attempt = models.PositiveSmallIntegerField(default=0)
    lease = models.UUIDField(null=True, blank=True, editable=False)
    lease_until = models.DateTimeField(null=True, blank=True)
    worker = models.CharField(max_length=200, blank=True)
    device = models.CharField(max_length=100, blank=True)
    seconds = models.FloatField(null=True, blank=True)
    error = models.TextField(blank=True)
    # Rows of a group with one chunk number are claimed and worked on together.
    chunk = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True


class Ledger(models.QuerySet[Row]):
    """Rows as jobs.

    Class attributes:
        GROUP: the column by which chunks belong together; groups are worked on in their order.
        STIMULUS: the column that holds the primary key of a row's stimulus, if it has one.

    """

    GROUP: ClassVar[str] = "batch"
    STIMULUS: ClassVar[str | None] = "pk"

    def next_chunk(self) -> Self:
        """The first chunk with a waiting row, of the oldest group."""
        group = f"{self.GROUP}_id"
        waiting = self.filter(state=State.PENDING).order_by(group, "chunk")
        first = waiting.values_list(group, "chunk").first()
        if first is None:
            return self.none()
        return self.filter(**{group: first[0], "chunk": first[1]})

    def claim(self, worker: str, token: uuid.UUID | None = None) -> Lease | None:
        """Claim the waiting rows among these; None if there are none.

        One conditional update decides between workers that claim at the same time. A caller that
        chose the `token` can release the rows even if it is interrupted in this method.
        """
        lease = Lease(type(self)(self.model, using=self.db), token or uuid.uuid4())
        taken = self.filter(state=State.PENDING).update(
            state=State.RUNNING,
            lease=lease.token,
            lease_until=lease_end(),
            worker=worker,
            attempt=F("attempt") + 1,
        )
        return lease if taken else None

    def reap(self) -> int:
        """Release the rows of lost workers: the lease has expired, or the process has ended.

        Returns the number of rows that wait again or have failed for good.
        """
        lost = self.lost()
        failed = lost.filter(attempt__gte=ATTEMPTS).update(
            state=State.FAILED,
            error=f"its worker ended {ATTEMPTS} times during the work: check whether memory is "
            "short, then retry",
            lease=None,
            lease_until=None,
            finished_at=timezone.now(),
        )
        return failed + lost.update(
            state=State.PENDING, lease=None, lease_until=None, worker="", device=""
        )

    def lost(self) -> Self:
        """The running rows of lost workers."""
        running = self.filter(state=State.RUNNING)
        workers = list(running.order_by().values_list("worker", flat=True).distinct())
        if not workers:  # usually there are none, and an update of none takes no write lock
            return self.none()
        gone = [worker for worker in workers if is_gone(worker)]
        return running.filter(_is_over() | Q(worker__in=gone))

    def expired(self) -> Self:
        """The running rows whose lease has expired."""
        return self.filter(_is_over(), state=State.RUNNING)

    def retry(self) -> int:
        """Let failed rows wait again with all their attempts. Returns their number."""
        return self.filter(state=State.FAILED).update(
            state=State.PENDING, attempt=0, error="", worker="", device="", finished_at=None
        )

    def reasons(self) -> list[tuple[str, int]]:
        """Why rows have failed, and how many for each reason, the most frequent first."""
        failed = self.filter(state=State.FAILED).order_by().values_list("error")
        return list(failed.annotate(number=Count("pk")).order_by("-number", "error"))

    def progress(self) -> Progress:
        """The numbers of these rows in each state."""
        # With the states as a condition, and all rows counted, the index of the queue is enough.
        rows = self.filter(state__in=State.values).order_by()
        return Progress(**dict(rows.values_list("state").annotate(number=Count("*"))))

    def is_open(self) -> bool:
        """Whether any of these rows is still to be done: as `progress().open`, without counting."""
        return self.filter(state__in=(State.PENDING, State.RUNNING)).exists()

    def seconds_per_image(self) -> float | None:
        """Time per image of all active workers together, from the latest images.

        None if no image has been made or no worker is active.
        """
        workers = self.filter(state=State.RUNNING).order_by().values("worker").distinct().count()
        if not workers:
            return None
        made = self.filter(state=State.DONE, seconds__isnull=False).order_by("-finished_at")
        times = list(made.values_list("seconds", flat=True)[:LATEST])
        return sum(times) / len(times) / workers if times else None

    def progress_by_batch(self) -> dict[int, Progress]:
        """The progress of every batch with rows in this set, by the batch's id."""
        counts: dict[int, dict[str, int]] = {}
        counted = self.filter(state__in=State.values).order_by()
        rows = counted.values_list("batch_id", "state").annotate(number=Count("*"))
        for batch, state, number in rows:
            counts.setdefault(batch, {})[state] = number
        return {batch: Progress(**states) for batch, states in counts.items()}


@dataclass(frozen=True)
class Lease:
    """The right to write the results of rows that were claimed together.

    Attributes:
        table: all rows of the table.
        token: marks the claimed rows.

    """

    table: Ledger[Any]
    token: uuid.UUID = field(default_factory=uuid.uuid4)

    @property
    def rows(self) -> Ledger[Any]:
        """The rows that are still held."""
        return self.table.filter(lease=self.token, state=State.RUNNING)

    def renew(self) -> bool:
        """Extend the lease. False if no row is held any more."""
        return self.rows.update(lease_until=lease_end()) > 0

    def release(self, error: str = "", ids: Iterable[int] | None = None) -> int:
        """Let rows (by default all held ones) wait again, for the reason `error`.

        The attempt does not count.
        """
        return self._held(ids).update(
            state=State.PENDING,
            error=error,
            lease=None,
            lease_until=None,
            worker="",
            device="",
            attempt=F("attempt") - 1,
        )

    def finish(self, row_id: int, result: Mapping[str, Any]) -> bool:
        """Mark a row done with the fields in `result`. False if another worker holds the row."""
        return self._end([row_id], state=State.DONE, error="", **result) == 1

    def fail(self, error: str, ids: Iterable[int] | None = None) -> int:
        """Mark rows (by default all held ones) as failed: another attempt would fail too."""
        return self._end(ids, state=State.FAILED, error=error)

    def fail_attempt(self, error: str, ids: Iterable[int] | None = None) -> int:
        """Record an error that may not recur, for rows (by default all held ones).

        They wait again, or have failed after ATTEMPTS.
        """
        rows = self._held(ids)
        failed = rows.filter(attempt__gte=ATTEMPTS).update(
            state=State.FAILED,
            error=error,
            lease=None,
            lease_until=None,
            finished_at=timezone.now(),
        )
        return failed + rows.update(
            state=State.PENDING, error=error, lease=None, lease_until=None, worker=""
        )

    def _end(self, ids: Iterable[int] | None, **fields: Any) -> int:
        return self._held(ids).update(
            lease=None, lease_until=None, finished_at=timezone.now(), **fields
        )

    def _held(self, ids: Iterable[int] | None) -> Ledger[Any]:
        return self.rows if ids is None else self.rows.filter(pk__in=list(ids))


def lease_end() -> CombinedExpression:
    """The end of a lease that begins now, by the clock of the database, which all workers share."""
    return Now() + LEASE


def _is_over() -> Q:
    """The lease has expired, or ends later than any that is given now.

    The latter was given before the clock was set back, and would last until the clock has caught
    up. A worker that lives renews it, by the clock as it is now, or loses it and its rows are made
    again: as when the clock is set forward.
    """
    return Q(lease_until__lt=Now()) | Q(lease_until__gt=Now() + 2 * LEASE)


def worker_name() -> str:
    """The name of this process, unique among machines: host and process id."""
    return f"{socket.gethostname()}:{os.getpid()}"


def is_gone(worker: str) -> bool:
    """Whether a worker was a process of this machine that has ended.

    This detects a killed process at once. Processes of other machines cannot be checked; their
    leases have to expire.
    """
    host, _, process = worker.rpartition(":")
    if host != socket.gethostname() or not process.isdigit():
        return False
    try:
        os.kill(int(process), 0)  # signal 0 only tests for the process
    except ProcessLookupError:
        return True
    except (PermissionError, OverflowError):
        return False
    return False
