"""Make and measure waiting stimuli until stopped: one process per machine or per GPU."""

from __future__ import annotations

import signal
import threading
import time
from argparse import ArgumentParser
from collections.abc import Callable
from dataclasses import dataclass
from types import FrameType
from typing import Any

from django.db import OperationalError, close_old_connections
from django_tasks import DEFAULT_TASK_BACKEND_ALIAS, task_backends
from django_tasks_db import DatabaseBackend
from django_tasks_db.management.commands.db_worker import Worker
from django_tasks_db.models import DBTaskResult

from common.command import InputCommand
from common.errors import MachineError, StorageError
from common.media import sweep_temporary
from transfer.batches.measuring_provider import provider
from transfer.batches.tasks import make_and_follow
from transfer.models import Stimulus
from transfer.models.ledger import Ledger, worker_name

AGAIN = 300.0
"""Seconds after which a worker retries a batch that it could not make."""
LONGEST_PAUSE = 60.0
"""Seconds between attempts while results cannot be stored."""
DRAIN_PAUSE = 16.0
"""The longest of these pauses with --drain, after which the worker ends instead: 31 s in all."""
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@dataclass(frozen=True)
class Work:
    """A ledger of rows that a worker works on.

    Attributes:
        noun: what its rows are, for messages.
        rows: all rows.
        do: claims the waiting ones of one chunk, works on them and gives their number.

    """

    noun: str
    rows: Callable[[], Ledger[Any]]
    do: Callable[[Ledger[Any]], int]


def all_work() -> list[Work]:
    """The ledgers in the order in which they are worked on."""
    found = [Work("stimuli", Stimulus.objects.all, make_and_follow)]
    if (measuring := provider()) is not None:
        found.append(Work("measurements", measuring.rows, measuring.work))
        found.append(Work("reports", measuring.report_rows, measuring.write_reports))
    return found


class Command(InputCommand):
    """Makes and measures waiting stimuli."""

    help = (
        "Make waiting stimuli, and measure those whose measurement was asked for. Ctrl-C or "
        "SIGTERM stops the worker after the current chunk, a second one immediately: the rows then "
        "wait again. With several GPUs start one worker each, with CUDA_VISIBLE_DEVICES=0, =1, …"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument(
            "--drain", action="store_true",
            help="end when nothing waits, or when results cannot be stored for half a minute",
        )  # fmt: skip
        parser.add_argument(
            "--interval", type=float, default=1.0, metavar="S",
            help="seconds between checks of an empty queue (default: %(default)s)",
        )  # fmt: skip

    def handle(self, **options: Any) -> None:
        """Run queued tasks first, then work on rows without a task."""
        self.stopping = threading.Event()
        self.put_back: dict[tuple[str, int], float] = {}
        self.pause, self.drain = 0.0, bool(options["drain"])
        begun = False
        before = {number: signal.signal(number, self._stop) for number in _SIGNALS}
        sweep_temporary()
        if (measuring := provider()) is not None:
            measuring.catch_up()
        self.stderr.write(f"worker {worker_name()} is ready (Ctrl-C stops it)")
        try:
            while not self.stopping.is_set():
                close_old_connections()
                try:
                    if not self._work() and self._idle(options):
                        break
                    begun = True
                except StorageError as error:
                    self._wait_for_storage(error)
                except OperationalError as error:
                    if not begun:  # not migrated, or the wrong address
                        raise
                    self._wait_for_storage(StorageError(f"the database cannot be used: {error}"))
        except KeyboardInterrupt:
            self.stderr.write("stopped immediately: unfinished rows wait again")
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _work(self) -> bool:
        """Run one task or work on one chunk. False if there is none.

        Raises:
            StorageError: results cannot be stored.
            OperationalError: the database does not answer.

        """
        for work in all_work():
            work.rows().reap()
        if run_queued_task():
            return True
        return any(self._work_on(work) for work in all_work())

    def _work_on(self, work: Work) -> bool:
        """Work on the next chunk; False if no row waits."""
        rows = self._possible(work).next_chunk()
        group = rows.values_list(rows.GROUP, flat=True).first()
        if group is None:
            return False
        try:
            done = work.do(rows)
        except MachineError as error:
            self.put_back[work.noun, group] = time.monotonic() + AGAIN
            self.stderr.write(f"{rows.GROUP} {group} waits for another worker: {error}")
            return True
        self.pause = 0.0
        if done:
            self.stderr.write(f"{done} {work.noun} worked on")
        return True  # if another worker was quicker, more rows may wait

    def _wait_for_storage(self, error: StorageError) -> None:
        """Pause, longer each time. Raises the error if the worker drains and waited enough."""
        if self.drain and self.pause >= DRAIN_PAUSE:
            raise error
        self.pause = min(LONGEST_PAUSE, 2 * self.pause or 1.0)
        reason = " ".join(str(error).split())
        self.stderr.write(f"rows wait, next attempt in {self.pause:g} s: {reason}")
        self.stopping.wait(self.pause)

    def _possible(self, work: Work) -> Ledger[Any]:
        """The rows without those of groups that this worker has released recently."""
        now = time.monotonic()
        self.put_back = {place: end for place, end in self.put_back.items() if end > now}
        groups = [group for noun, group in self.put_back if noun == work.noun]
        rows = work.rows()
        return rows.exclude(**{f"{rows.GROUP}__in": groups}) if groups else rows

    def _idle(self, options: dict[str, Any]) -> bool:
        """Wait for the interval. Returns whether the worker may end."""
        if self.drain and not any(self._possible(w).progress().open for w in all_work()):
            return True
        self.stopping.wait(options["interval"])
        return False

    def _stop(self, number: int, frame: FrameType | None) -> None:
        if self.stopping.is_set():
            raise KeyboardInterrupt
        self.stopping.set()
        self.stderr.write("stopping after the current chunk (again: immediately)")


def run_queued_task() -> bool:
    """Run the next task of the database queue. False without a task or with another engine."""
    alias = DEFAULT_TASK_BACKEND_ALIAS
    if not isinstance(task_backends[alias], DatabaseBackend):
        return False
    if not DBTaskResult.objects.ready().filter(backend_name=alias).exists():
        return False
    Worker(
        queue_names=["*"],
        excluded_queue_names=[],
        interval=0,
        batch=True,
        backend_name=alias,
        startup_delay=False,
        max_tasks=1,
        worker_id=worker_name()[:64],
    ).run()
    return True
