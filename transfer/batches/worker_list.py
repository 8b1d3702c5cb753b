"""The processes that make and measure stimuli, with what each has made in the last hour."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count
from django.utils import timezone

from transfer.models import Stimulus, WorkerProcess
from transfer.models.ledger import is_gone

HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class WorkerState:
    """One process.

    Attributes:
        state: `working`, `waiting`, `ended` or `lost` (it was killed, or its machine is gone).
        images: stimuli that it made in the last hour.
        per_hour: images per hour since it started, at most over the last hour; None if it does not
            work any more, or has started less than a minute ago.

    """

    process: WorkerProcess
    state: str
    images: int
    per_hour: float | None


def worker_states() -> list[WorkerState]:
    """Every process in the table, those that work first."""
    made = images_of_the_last_hour()
    alive = {worker.pk for worker in WorkerProcess.objects.seen()}
    now = timezone.now()
    found = [_state(worker, worker.pk in alive, made, now) for worker in _all()]
    order = ("working", "waiting", "lost", "ended")
    return sorted(found, key=lambda one: (order.index(one.state), one.process.name))


def images_of_the_last_hour() -> dict[str, int]:
    """Worker → stimuli that it finished in the last hour."""
    rows = Stimulus.objects.filter(
        finished_at__gte=timezone.now() - HOUR, state=Stimulus.State.DONE
    ).exclude(worker="")
    counted = rows.order_by().values_list("worker").annotate(number=Count("pk"))
    return dict(counted)


def _all() -> list[WorkerProcess]:
    return list(WorkerProcess.objects.all())


def _state(worker: WorkerProcess, seen: bool, made: dict[str, int], now: datetime) -> WorkerState:
    if worker.ended_at is not None:
        state = "ended"
    elif not seen or is_gone(worker.name):
        state = "lost"
    else:
        state = "working" if worker.doing else "waiting"
    images = made.get(worker.name, 0)
    minutes = min(HOUR, now - worker.started_at).total_seconds() / 60
    known = state in ("working", "waiting") and minutes >= 1
    return WorkerState(worker, state, images, images * 60 / minutes if known else None)
