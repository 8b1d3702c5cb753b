"""The job ledger in the rows of stimuli: who makes which of them, and how it ended.

    pending → running → done | failed

A row is claimed together with its chunk by one conditional update and held by a lease. The holder
renews the lease while it works; a lease that ran out is reaped, and its rows wait again. Whatever
the holder writes, it writes where the lease is still its own. So a stimulus may be made twice and
is never lost; the queue of tasks only wakes workers.
"""

from __future__ import annotations

import os
import socket
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models import Count, F, Q
from django.utils import timezone

if TYPE_CHECKING:
    from transfer.models import Stimulus  # noqa: F401 (named in a string below)

ATTEMPTS = 3
"""A row that was claimed so often without success has failed for good."""
LEASE = timedelta(seconds=60)
RENEWAL = timedelta(seconds=10)
"""How often a holder renews; a few renewals may fail before the lease runs out."""
LATEST = 50
"""So many images, those made last, tell how long one takes: methods of a batch differ."""


class State(models.TextChoices):
    """Where a job stands."""

    PENDING = "pending"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True)
class Progress:
    """How many stimuli are in which state."""

    pending: int = 0
    running: int = 0
    done: int = 0
    failed: int = 0

    @property
    def total(self) -> int:
        """All of them."""
        return self.pending + self.running + self.done + self.failed

    @property
    def ended(self) -> int:
        """Those that are done or failed."""
        return self.done + self.failed

    @property
    def open(self) -> int:
        """Those that are still to be made."""
        return self.pending + self.running


class Ledger(models.QuerySet["Stimulus"]):
    """Stimuli as jobs."""

    def next_chunk(self) -> Ledger:
        """The first chunk, oldest batch first, with a row that waits."""
        first = self.filter(state=State.PENDING).order_by("batch_id", "chunk").first()
        if first is None:
            return self.none()
        return self.filter(batch=first.batch_id, chunk=first.chunk)

    def claim(self, worker: str, token: uuid.UUID | None = None) -> Lease | None:
        """Take those of these rows that wait, or give None where there are none (any more).

        One conditional update decides between workers that ask at the same time. A caller that
        chose the `token` can give the rows back even where it was interrupted in here.
        """
        lease = Lease(token or uuid.uuid4())
        taken = self.filter(state=State.PENDING).update(
            state=State.RUNNING,
            lease=lease.token,
            lease_until=timezone.now() + LEASE,
            worker=worker,
            attempt=F("attempt") + 1,
        )
        return lease if taken else None

    def reap(self) -> int:
        """Take rows back from holders that were lost: the lease ran out, or the process is gone.

        Returns the number of rows that wait again or failed for good.
        """
        running = self.filter(state=State.RUNNING)
        workers = list(running.order_by().values_list("worker", flat=True).distinct())
        if not workers:  # the usual case costs no write lock
            return 0
        gone = [worker for worker in workers if is_gone(worker)]
        lost = running.filter(Q(lease_until__lt=timezone.now()) | Q(worker__in=gone))
        failed = lost.filter(attempt__gte=ATTEMPTS).update(
            state=State.FAILED,
            error=f"its worker was lost {ATTEMPTS} times while making it: look for a lack of "
            "memory, then retry",
            lease=None,
            lease_until=None,
            finished_at=timezone.now(),
        )
        return failed + lost.update(
            state=State.PENDING, lease=None, lease_until=None, worker="", device=""
        )

    def retry(self) -> int:
        """Let failed rows wait again, with all their attempts; give their number."""
        return self.filter(state=State.FAILED).update(
            state=State.PENDING, attempt=0, error="", worker="", device="", finished_at=None
        )

    def progress(self) -> Progress:
        """How many of these rows are in which state."""
        counts = self.order_by().values_list("state").annotate(Count("pk"))
        return Progress(**dict(counts))

    def seconds_per_image(self) -> float | None:
        """How long an image takes at present, all workers that are at it together.

        By the images made last. None where none was made yet or none is being made.
        """
        workers = self.filter(state=State.RUNNING).order_by().values("worker").distinct().count()
        made = self.filter(state=State.DONE, seconds__isnull=False).order_by("-finished_at")
        times = [row.seconds or 0.0 for row in made.only("seconds")[:LATEST]]
        return sum(times) / len(times) / workers if times and workers else None

    def progress_by_batch(self) -> dict[int, Progress]:
        """The progress of every batch that has rows here, by the batch's id."""
        counts: dict[int, dict[str, int]] = {}
        rows = self.order_by().values_list("batch_id", "state").annotate(number=Count("pk"))
        for batch, state, number in rows:
            counts.setdefault(batch, {})[state] = number
        return {batch: Progress(**states) for batch, states in counts.items()}


@dataclass(frozen=True)
class Lease:
    """The right to write the outcome of the rows that were claimed together."""

    token: uuid.UUID

    @property
    def rows(self) -> Ledger:
        """The rows that are still held."""
        from transfer.models import Stimulus

        return Stimulus.objects.filter(lease=self.token, state=State.RUNNING)

    def renew(self) -> bool:
        """Hold the rows for a further while; False where none is held any more."""
        return self.rows.update(lease_until=timezone.now() + LEASE) > 0

    def release(self) -> int:
        """Let the rows wait again. The attempt does not count: nothing went wrong with it."""
        return self.rows.update(
            state=State.PENDING,
            lease=None,
            lease_until=None,
            worker="",
            device="",
            attempt=F("attempt") - 1,
        )

    def finish(self, stimulus_id: int, result: Mapping[str, Any]) -> bool:
        """Mark a row done with the fields in `result`; False where another took the row over."""
        return self._end([stimulus_id], state=State.DONE, error="", **result) == 1

    def fail(self, error: str, stimulus_ids: Iterable[int] | None = None) -> int:
        """Mark rows (by default all that are held) failed for good: a repeat fails as well."""
        return self._end(stimulus_ids, state=State.FAILED, error=error)

    def fail_attempt(self, error: str) -> int:
        """Note a fault that a repeat may not meet: rows wait again, or fail after three."""
        failed = self.rows.filter(attempt__gte=ATTEMPTS).update(
            state=State.FAILED,
            error=error,
            lease=None,
            lease_until=None,
            finished_at=timezone.now(),
        )
        return failed + self.rows.update(
            state=State.PENDING, error=error, lease=None, lease_until=None, worker=""
        )

    def _end(self, stimulus_ids: Iterable[int] | None, **fields: Any) -> int:
        rows = self.rows if stimulus_ids is None else self.rows.filter(pk__in=list(stimulus_ids))
        return rows.update(lease=None, lease_until=None, finished_at=timezone.now(), **fields)


def worker_name() -> str:
    """Name this process among those of all machines: host and process id."""
    return f"{socket.gethostname()}:{os.getpid()}"


def is_gone(worker: str) -> bool:
    """Whether a worker was a process of this machine that runs no more.

    A killed process is thus noticed at once. Of other machines nothing is known: there the lease
    has to run out.
    """
    host, _, process = worker.rpartition(":")
    if host != socket.gethostname() or not process.isdigit():
        return False
    try:
        os.kill(int(process), 0)  # signal 0 only asks
    except ProcessLookupError:
        return True
    except (PermissionError, OverflowError):
        return False
    return False
