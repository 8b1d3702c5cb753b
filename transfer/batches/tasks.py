"""Tasks of transfer. A task only starts the work; the rows record which stimuli have to be made.

So a task that runs twice does nothing the second time, and `manage.py worker` finds the rows of a
lost task.
"""

from __future__ import annotations

import logging
from itertools import groupby

from django.db import transaction
from django_tasks import task

from common.errors import MachineError, StorageError
from transfer.batches.worker import make
from transfer.models import Batch, Stimulus

logger = logging.getLogger(__name__)


@task()
def make_chunk(stimulus_ids: list[int]) -> int:
    """Make those of the given stimuli, all of one chunk, that wait. Returns their number.

    Rows that this machine cannot make or store wait for another worker, or for a later attempt.
    """
    try:
        return make(Stimulus.objects.filter(pk__in=stimulus_ids))
    except (MachineError, StorageError) as error:
        logger.warning("stimuli wait again: %s", error)
        return 0


def enqueue_waiting(batch: Batch) -> None:
    """Enqueue a task for every chunk with waiting rows, after the transaction."""
    waiting = batch.stimuli.filter(state=Stimulus.State.PENDING).order_by("chunk", "pk")
    rows = waiting.values_list("chunk", "pk")
    chunks = [[pk for _, pk in group] for _, group in groupby(rows, key=lambda row: row[0])]
    transaction.on_commit(lambda: _enqueue(chunks))


def _enqueue(chunks: list[list[int]]) -> None:
    for stimulus_ids in chunks:
        make_chunk.enqueue(stimulus_ids)
