"""Say in the table of worker processes that this process works, and what it does."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import Error as DatabaseError
from django.db import connections
from django.db.models import F, QuerySet
from django.db.models.functions import Now

from transfer.models import WorkerProcess
from transfer.models.ledger import RENEWAL, worker_name

logger = logging.getLogger(__name__)


@contextmanager
def present(command: str, every: float = RENEWAL.total_seconds()) -> Iterator[None]:
    """Keep the row of this process, and its time, while the block runs.

    Args:
        command: the name of the command that works.
        every: seconds between two signs of life.

    """
    WorkerProcess.objects.forget()
    WorkerProcess.objects.update_or_create(
        name=worker_name(),
        defaults={
            "command": command, "device": "", "started_at": Now(), "seen_at": Now(),
            "ended_at": None, "doing": "", "error": "", "error_at": None, "reaped": 0,
        },
    )  # fmt: skip
    ended = threading.Event()

    def beat() -> None:
        try:
            while not ended.wait(every):
                _tell(seen_at=Now())
        finally:
            connections.close_all()  # of this thread

    thread = threading.Thread(target=beat, name="presence", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
        _tell(seen_at=Now(), ended_at=Now(), doing="")


def tell_work(doing: str) -> None:
    """Say what this process does now; empty: it waits for work."""
    _tell(doing=doing[:300], seen_at=Now())


def tell_device(device: str) -> None:
    """Say on which device this process computes."""
    _tell(device=device[:100])


def tell_error(error: str) -> None:
    """Say which error this process met last."""
    _tell(error=error, error_at=Now())


def tell_reaped(number: int) -> None:
    """Count rows that this process took back from lost workers."""
    if number:
        _tell(reaped=F("reaped") + number)


def _tell(**values: object) -> None:
    """Change the row of this process, if it has one; work goes on if that is not possible."""
    try:
        _row().update(**values)
    except DatabaseError as error:
        logger.warning("the row of this process could not be written: %s", error)


def _row() -> QuerySet[WorkerProcess]:
    return WorkerProcess.objects.filter(name=worker_name())
