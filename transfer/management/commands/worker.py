"""Make and measure waiting stimuli until stopped: one process for each core or GPU."""

from __future__ import annotations

import argparse
import os
import signal
import threading
import time
from argparse import ArgumentParser
from types import FrameType
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from django.db import OperationalError, close_old_connections
from django_tasks import DEFAULT_TASK_BACKEND_ALIAS, task_backends
from django_tasks_db import DatabaseBackend
from django_tasks_db.management.commands.db_worker import Worker
from django_tasks_db.models import DBTaskResult

from common.command import InputCommand
from common.errors import InputError, MachineError, StorageError
from common.media import sweep_temporary
from common.processes import Pool, places
from transfer.batches.measuring_provider import provider
from transfer.batches.presence import present, tell_reaped
from transfer.batches.tasks import make_and_follow
from transfer.batches.work import REPORTS, Work, all_work
from transfer.models import Stimulus
from transfer.models.ledger import Ledger, worker_name

AGAIN = 300.0
"""Seconds after which a worker retries a batch that it could not make."""
LONGEST_PAUSE = 60.0
"""Seconds between attempts while results cannot be stored."""
DRAIN_PAUSE = 16.0
"""The longest of these pauses with --drain, after which the worker ends instead: 31 s in all."""
_STOPPING = "stopping after the current chunk (again: immediately)"
_STOPPED = "stopped immediately: unfinished rows wait again"
LOOK = 0.5
"""Seconds between looks at the processes."""
PATIENCE = 20.0
"""Seconds in which an interrupted process gives its rows back."""
_KINDS = ["stimuli", "measurements", REPORTS]
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Command(InputCommand):
    """Makes and measures waiting stimuli."""

    help = (
        "Make waiting stimuli, measure those whose measurement was asked for, and write reports: "
        "one process for each GPU, or without a GPU for each core. A process that is killed is "
        "started again. Ctrl-C or SIGTERM stops the work after the current chunks, a second one "
        "immediately: the rows then wait again. manage.py workers shows who works."
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
        parser.add_argument(
            "--processes", type=int, metavar="N",
            help="default: one for each GPU, or without a GPU for each core (PROCESSES: "
            f"{settings.PROCESSES}); 1 works in this process, unless --respawn is given",
        )  # fmt: skip
        parser.add_argument(
            "--respawn", action="store_true",
            help="start a single process again, too, when it is killed",
        )  # fmt: skip
        parser.add_argument(
            "--only", nargs="+", metavar="WORK", choices=_KINDS,
            help="only some of stimuli, measurements, reports: reports are written into this "
            "machine's data folder, which has to be the site's",
        )  # fmt: skip
        # Of a process that another one started: end with that one; make only a batch's stimuli.
        parser.add_argument("--parent", type=int, help=argparse.SUPPRESS)
        parser.add_argument("--batch", type=int, help=argparse.SUPPRESS)

    def handle(self, **options: Any) -> None:
        """Work in this process, or watch those that do."""
        number = options["processes"]
        if number is not None and number < 1:
            raise InputError(f"--processes {number} cannot be used: use a whole number from 1")
        found = places(number, settings.PROCESSES)
        if options["parent"] or (len(found) == 1 and not options["respawn"]):
            with present("worker"):
                self._work_here(options)
            return
        words = ["worker", "--processes", "1", "--parent", str(os.getpid())]
        words += ["--only", *options["only"]] if options["only"] else []
        words += ["--interval", str(options["interval"]), *(["--drain"] * options["drain"])]
        self._watch(Pool([*settings.MANAGE, *words], found, self.stderr.write))

    def _watch(self, pool: Pool) -> None:
        """Keep the processes of a pool at work until they end or this one is told to stop."""
        told = 0

        def tell(_: int, frame: FrameType | None) -> None:
            nonlocal told
            told += 1

        before = {number: signal.signal(number, tell) for number in _SIGNALS}
        try:
            passed_on = 0
            while pool.watch():
                time.sleep(LOOK)
                if told > passed_on:
                    self.stderr.write(_STOPPING if told == 1 else _STOPPED)
                    pool.stop(signal.SIGTERM)
                    passed_on = told
                if told > 1:
                    break
        finally:
            pool.end(PATIENCE)
            for number, handler in before.items():
                signal.signal(number, handler)
        if failed := [code for code in pool.codes if code > 0]:
            raise CommandError("a process has ended, see above", returncode=failed[0])

    def _work_here(self, options: dict[str, Any]) -> None:
        """Run queued tasks first, then work on rows without a task."""
        self.stopping = threading.Event()
        self.batch, self.parent = options["batch"], options["parent"]
        self.kinds = options["only"] or _KINDS
        self.put_back: dict[tuple[str, int], float] = {}
        self.pause, self.drain = 0.0, bool(options["drain"])
        begun = False
        before = {number: signal.signal(number, self._stop) for number in _SIGNALS}
        sweep_temporary()
        if self.batch is None and (measuring := provider()) is not None:
            measuring.catch_up()
        self.loud = options["verbosity"] > 0
        self._say(f"worker {worker_name()} is ready (Ctrl-C stops it)")
        try:
            while not self.stopping.is_set() and self.parent in (None, os.getppid()):
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
            self._say(_STOPPED)
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _work(self) -> bool:
        """Run one task or work on one chunk. False if there is none.

        Raises:
            StorageError: results cannot be stored.
            OperationalError: the database does not answer.

        """
        for work in self._all_work():
            tell_reaped(work.rows().reap())
        if self.batch is None and self.kinds == _KINDS and run_queued_task():
            return True
        return any(self._work_on(work) for work in self._all_work())

    def _all_work(self) -> list[Work]:
        if self.batch is None:
            return [work for work in all_work() if work.noun in self.kinds]
        of_batch = Stimulus.objects.filter(batch=self.batch)
        return [Work("stimuli", of_batch.all, make_and_follow)]

    def _say(self, line: str) -> None:
        if self.loud:
            self.stderr.write(line)

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
            self._say(f"{done} {work.noun} worked on")
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
        if self.drain and not any(self._possible(w).is_open() for w in self._all_work()):
            return True
        self.stopping.wait(options["interval"])
        return False

    def _stop(self, number: int, frame: FrameType | None) -> None:
        if self.stopping.is_set():
            raise KeyboardInterrupt
        self.stopping.set()
        if self.parent is None:
            self.stderr.write(_STOPPING)


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
