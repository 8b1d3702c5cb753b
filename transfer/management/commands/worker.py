"""Make waiting stimuli until stopped: one process per machine or per GPU."""

from __future__ import annotations

import signal
import threading
import time
from argparse import ArgumentParser
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
from transfer.batches.worker import make
from transfer.models import Stimulus
from transfer.models.ledger import Ledger, worker_name

AGAIN = 300.0
"""Seconds after which a worker retries a batch that it could not make."""
LONGEST_PAUSE = 60.0
"""Seconds between attempts while results cannot be stored."""
DRAIN_PAUSE = 16.0
"""The longest of these pauses with --drain, after which the worker ends instead: 31 s in all."""
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Command(InputCommand):
    """Makes waiting stimuli."""

    help = (
        "Make waiting stimuli. Ctrl-C or SIGTERM stops the worker after the current chunk, a "
        "second one immediately: the rows then wait again. With several GPUs start one worker "
        "each, with CUDA_VISIBLE_DEVICES=0, =1, …"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument(
            "--drain", action="store_true",
            help="end when no stimulus waits, or when results cannot be stored for half a minute",
        )  # fmt: skip
        parser.add_argument(
            "--interval", type=float, default=1.0, metavar="S",
            help="seconds between checks of an empty queue (default: %(default)s)",
        )  # fmt: skip

    def handle(self, **options: Any) -> None:
        """Run queued tasks first, then make rows without a task."""
        self.stopping = threading.Event()
        self.put_back: dict[int, float] = {}
        self.pause, self.drain = 0.0, bool(options["drain"])
        begun = False
        before = {number: signal.signal(number, self._stop) for number in _SIGNALS}
        sweep_temporary()
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
            self.stderr.write("stopped immediately: unfinished stimuli wait again")
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _work(self) -> bool:
        """Run one task or make one chunk. False if there is none.

        Raises:
            StorageError: results cannot be stored.
            OperationalError: the database does not answer.

        """
        Stimulus.objects.reap()
        if run_queued_task():
            return True
        rows = self._possible().next_chunk()
        batch = rows.values_list("batch", flat=True).first()
        try:
            made = make(rows)
        except MachineError as error:
            assert batch is not None
            self.put_back[batch] = time.monotonic() + AGAIN
            self.stderr.write(f"batch {batch} waits for another worker: {error}")
            return True
        self.pause = 0.0
        if made:
            self.stderr.write(f"{made} stimuli worked on")
        return made > 0

    def _wait_for_storage(self, error: StorageError) -> None:
        """Pause, longer each time. Raises the error if the worker drains and waited enough."""
        if self.drain and self.pause >= DRAIN_PAUSE:
            raise error
        self.pause = min(LONGEST_PAUSE, 2 * self.pause or 1.0)
        reason = " ".join(str(error).split())
        self.stderr.write(f"stimuli wait, next attempt in {self.pause:g} s: {reason}")
        self.stopping.wait(self.pause)

    def _possible(self) -> Ledger[Stimulus]:
        """The stimuli without those of batches that this worker has released recently."""
        now = time.monotonic()
        self.put_back = {batch: end for batch, end in self.put_back.items() if end > now}
        return Stimulus.objects.exclude(batch__in=self.put_back)

    def _idle(self, options: dict[str, Any]) -> bool:
        """Wait for the interval. Returns whether the worker may end."""
        if self.drain and not self._possible().progress().open:
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
