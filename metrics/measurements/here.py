"""Measure on this machine: in this process, or by one single-threaded process for each core."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Sequence

from django.conf import settings

from common.errors import MachineError
from common.processes import Pool, places
from metrics.measurements.jobs import measure_chunk
from metrics.models import MeasurementJob, MeasurementJobQuerySet, MeasuringOrder
from metrics.statistics.base import ProgressCallback
from transfer.batches.presence import present

_LOOK = 0.5  # seconds between looks at the rows while other processes measure
_PATIENCE = 20.0  # seconds in which an interrupted process gives its rows back


def measure_here(
    orders: Sequence[MeasuringOrder], processes: int, progress: ProgressCallback
) -> None:
    """Measure the waiting jobs of `orders`; end when none waits and no other worker holds any.

    Jobs whose files are missing on this machine still wait afterwards and say why.

    Args:
        orders: with their jobs.
        processes: how many may measure at once.
        progress: called with the statistic, the jobs that have ended, and all of this run.

    Raises:
        StorageError: numbers cannot be stored; the jobs wait.
        KeyboardInterrupt: the unfinished jobs wait again.

    """
    report = _Report(orders, progress)
    tried: set[int] = set()
    while waiting := _waiting(orders, tried).values("order", "chunk").distinct().count():
        number = min(processes, waiting)
        if number > 1:
            _measure_in_processes(orders, number, report)
            tried |= _left_with_a_reason(orders)
        else:
            with present("measure"):
                measure_waiting(orders, tried, after=report)
    while _rows(orders).progress().running:  # held by other workers
        time.sleep(_LOOK)
        _rows(orders).reap()
        report()


def measure_waiting(
    orders: Sequence[MeasuringOrder],
    tried: set[int],
    *,
    go_on: Callable[[], bool] = lambda: True,
    after: Callable[[], None] = lambda: None,
) -> None:
    """Measure in this process, chunk by chunk, until no job waits.

    Args:
        orders: with their jobs.
        tried: primary keys of jobs that this machine cannot measure; more are added.
        go_on: asked before each chunk.
        after: called after each chunk.

    Raises as `measure_here` does.

    """
    while go_on():
        rows = _waiting(orders, tried).next_chunk()
        ids = list(rows.values_list("pk", flat=True))
        if not ids:
            return
        try:
            measure_chunk(rows)
        except MachineError:  # written into the rows
            tried.update(ids)
        after()


def work_for(orders: Sequence[MeasuringOrder], parent: int) -> None:
    """What a process of `_measure_in_processes` does, as long as its parent lives."""
    with present("measure"):
        measure_waiting(orders, set(), go_on=lambda: os.getppid() == parent)


def _measure_in_processes(
    orders: Sequence[MeasuringOrder], number: int, after: Callable[[], None]
) -> None:
    ids = [str(order.pk) for order in orders]
    command = [*settings.MANAGE, "measure", "--work", *ids]
    pool = Pool(command, places(number, number, gpus=False), _say)
    try:
        while pool.watch():
            time.sleep(_LOOK)
            after()
    finally:  # also of an interruption: their rows wait again
        pool.stop(signal.SIGINT)
        pool.end(_PATIENCE)
    if failed := [code for code in pool.codes if code > 0]:  # it has said why
        raise SystemExit(failed[0])


def _say(line: str) -> None:
    print(line, file=sys.stderr)  # noqa: T201


def _rows(orders: Sequence[MeasuringOrder]) -> MeasurementJobQuerySet:
    return MeasurementJob.objects.filter(order__in=orders)


def _waiting(orders: Sequence[MeasuringOrder], tried: set[int]) -> MeasurementJobQuerySet:
    rows = _rows(orders)
    rows.reap()
    return rows.filter(state=MeasurementJob.State.PENDING).exclude(pk__in=tried)


def _left_with_a_reason(orders: Sequence[MeasuringOrder]) -> set[int]:
    left = _rows(orders).filter(state=MeasurementJob.State.PENDING).exclude(error="")
    return set(left.values_list("pk", flat=True))


class _Report:
    """Reports the progress of orders, one after the other."""

    def __init__(self, orders: Sequence[MeasuringOrder], progress: ProgressCallback) -> None:
        self.progress = progress
        self.left = [(order, order.jobs.progress().open) for order in orders]

    def __call__(self) -> None:
        while self.left:
            order, total = self.left[0]
            open_now = order.jobs.progress().open
            if total:
                self.progress(order.statistic, total - open_now, total)
            if open_now:
                return
            self.left.pop(0)
