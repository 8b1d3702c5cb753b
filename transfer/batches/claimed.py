"""Work on claimed rows: hold their lease, and decide what an error means for them.

Stimuli and measurements are worked on in this way alike.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import Error as DatabaseError
from django.db import OperationalError, connections

from common.errors import InputError, MachineError, StorageError, WeightsError
from common.faults import disk_problem
from common.log_context import about
from transfer.batches.presence import tell_error, tell_work
from transfer.models.ledger import RENEWAL, Lease, Ledger, worker_name

logger = logging.getLogger(__name__)
_OF_THE_MACHINE = (WeightsError, MemoryError, ImportError, OSError, OperationalError)
"""Errors that say nothing about a row: missing files and libraries, too little memory, a database
that does not answer."""


def work_on(rows: Ledger[Any], work: Callable[[Lease], None]) -> int:
    """Claim the waiting ones of `rows` (all of one chunk) and work on them. Returns their number.

    Errors of the work are written into the rows. Others are raised after the rows were released:
    an interruption (KeyboardInterrupt, SystemExit), results that cannot be stored (StorageError),
    and work that this machine cannot do (MachineError). Another worker may then take the rows.
    """
    lease, claimed = Lease(type(rows)(rows.model, using=rows.db)), 0
    try:
        if rows.claim(worker_name(), lease.token) is None:
            return 0
        held = list(lease.rows.select_related(_whole_of(lease)).order_by("pk"))
        claimed = len(held)
        with kept(lease), _told(lease, held):
            work(lease)
    except (StorageError, MachineError) as error:
        tell_error(one_line(error))
        _give_back(lease, error)
        raise
    except _OF_THE_MACHINE as error:
        raise _put_back(lease, error) from error
    except InputError as error:
        tell_error(one_line(error))
        lease.fail(one_line(error))
    except Exception as error:
        if is_of_the_machine(error):
            raise _put_back(lease, error) from error
        logger.exception("a chunk could not be finished")
        said = one_line(f"{type(error).__name__}: {error}")
        tell_error(said)
        lease.fail_attempt(said)
    except BaseException:
        lease.release()
        raise
    return claimed


def is_of_the_machine(error: Exception) -> bool:
    """Whether an error says nothing about the row that was worked on."""
    return (
        isinstance(error, (MachineError, StorageError, *_OF_THE_MACHINE))
        or _is_lack_of_memory(error)
        or disk_problem(error) is not None
    )


def _give_back(lease: Lease, error: object) -> None:
    """Release the rows, which wait until the disk has room or another machine takes them."""
    try:
        lease.release(one_line(error))
    except DatabaseError:  # the database is on the same disk: the lease will expire
        logger.warning("rows cannot be released; their lease will expire")


def _put_back(lease: Lease, error: Exception) -> InputError:
    """Release the rows, and give the error that says what the machine or its disk lacks."""
    reason: InputError
    if problem := disk_problem(error):
        reason = StorageError(problem)
    elif isinstance(error, OperationalError):
        reason = StorageError(f"the database cannot be used: {one_line(error)}")
    else:
        kind = "" if isinstance(error, InputError) else f"{type(error).__name__}: "
        reason = MachineError(f"this machine cannot do it: {kind}{one_line(error)}")
    tell_error(one_line(reason))
    _give_back(lease, reason)
    return reason


def _whole_of(lease: Lease) -> str | None:
    """The relation to the whole that the rows belong to; None if each is a whole of its own."""
    return None if lease.table.GROUP == "id" else lease.table.GROUP


@contextmanager
def _told(lease: Lease, held: list[Any]) -> Iterator[None]:
    """Name the rows in log records, and in the table of processes, while the block runs."""
    if not held:  # cancelled meanwhile
        yield
        return
    group, stimulus, row, number = lease.table.GROUP, lease.table.STIMULUS, held[0], len(held)
    noun = row._meta.verbose_name_plural if number != 1 else row._meta.verbose_name
    relation = _whole_of(lease)
    whole = getattr(row, relation) if relation else row
    tell_work(f"{whole}: {number} {noun}, chunk {row.chunk}")
    values = {group: whole.pk, "chunk": row.chunk}
    if stimulus is not None:
        values["stimuli"] = [getattr(one, stimulus) for one in held]
    try:
        with about(**values):
            yield
    finally:
        tell_work("")


@contextmanager
def kept(lease: Lease, every: float = RENEWAL.total_seconds()) -> Iterator[None]:
    """Renew a lease in a separate thread while the block runs."""
    ended = threading.Event()

    def renew() -> None:
        try:
            while not ended.wait(every):
                try:
                    if not lease.renew():
                        return  # other workers hold the rows now
                except DatabaseError as error:
                    logger.warning("a lease could not be renewed, trying again: %s", error)
        finally:
            connections.close_all()  # of this thread

    thread = threading.Thread(target=renew, name="lease", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def device_name(device: str) -> str:
    """The name of the device with torch's version, which also decides the last digits."""
    import torch

    hardware = torch.cuda.get_device_name() if device == "cuda" else device
    return f"{hardware}, torch {torch.__version__}"[:100]


def one_line(error: object) -> str:
    """What an error says, in one line that a row can hold."""
    return " ".join(str(error).split())[:1000]


def _is_lack_of_memory(error: Exception) -> bool:
    """Whether torch found no memory; on the CPU it raises no error of its own for that."""
    text = str(error)
    return isinstance(error, RuntimeError) and (
        "out of memory" in text or "allocate memory" in text
    )
