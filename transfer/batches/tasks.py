"""Tasks of transfer. A task only starts the work; the rows record which stimuli have to be made.

So a task that runs twice does nothing the second time, and `manage.py worker` finds the rows of a
lost task.
"""

from __future__ import annotations

import logging
from itertools import groupby
from typing import TYPE_CHECKING

from django.db import DatabaseError, transaction
from django_tasks import task

from common.errors import MachineError, StorageError
from transfer.batches.measuring_provider import provider
from transfer.batches.worker import make
from transfer.models import Batch, Stimulus
from transfer.models.ledger import Ledger

if TYPE_CHECKING:
    from transfer.methods.stylise import ReportSteps

logger = logging.getLogger(__name__)


@task()
def make_chunk(stimulus_ids: list[int]) -> int:
    """Make those of the given stimuli, all of one chunk, that wait. Returns their number.

    Rows that this machine cannot make or store wait for another worker, or for a later attempt.
    """
    try:
        return make_and_follow(Stimulus.objects.filter(pk__in=stimulus_ids), enqueue=True)
    except (MachineError, StorageError) as error:
        logger.warning("stimuli wait again: %s", error)
        return 0


def make_and_follow(
    rows: Ledger[Stimulus], progress: ReportSteps | None = None, *, enqueue: bool = False
) -> int:
    """Make stimuli as `worker.make` does; after the last ones of a batch start its measurements.

    Args:
        rows: of one chunk.
        progress: called with the steps of the chunk.
        enqueue: give the measurements to the task queue; otherwise workers find their rows.

    """
    batch = Batch.objects.filter(stimuli__in=rows.order_by()[:1]).first()
    made = make(rows, progress)
    measuring = provider()
    if made and batch is not None and measuring is not None:
        try:
            if not batch.stimuli.is_open():
                measuring.batch_made(batch, enqueue)
        except DatabaseError as error:  # the next start of a worker catches up
            logger.warning("measurements of %s are not started yet: %s", batch, error)
    return made


def enqueue_waiting(batch: Batch) -> None:
    """Enqueue a task for every chunk with waiting rows, after the transaction."""
    waiting = batch.stimuli.filter(state=Stimulus.State.PENDING).order_by("chunk", "pk")
    rows = waiting.values_list("chunk", "pk")
    chunks = [[pk for _, pk in group] for _, group in groupby(rows, key=lambda row: row[0])]
    transaction.on_commit(lambda: _enqueue(chunks))


def _enqueue(chunks: list[list[int]]) -> None:
    for stimulus_ids in chunks:
        make_chunk.enqueue(stimulus_ids)
