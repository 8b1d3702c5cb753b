"""Tasks of transfer. A task only wakes a worker: whether there is work, the rows say.

So a task that runs twice does nothing the second time, and the rows of a task that was lost are
found by `manage.py worker`.
"""

from __future__ import annotations

from itertools import groupby

from django.db import transaction
from django_tasks import task

from transfer.models import Batch, Stimulus


@task()
def make_chunk(stimulus_ids: list[int]) -> int:
    """Make those of the stimuli (of one chunk) that still wait; give their number."""
    from transfer.batches.worker import make

    return make(Stimulus.objects.filter(pk__in=stimulus_ids))


def enqueue_waiting(batch: Batch) -> None:
    """One task for every chunk of the batch that has waiting rows, once they are committed."""
    waiting = batch.stimuli.filter(state=Stimulus.State.PENDING).order_by("chunk", "pk")
    rows = waiting.values_list("chunk", "pk")
    chunks = [[pk for _, pk in group] for _, group in groupby(rows, key=lambda row: row[0])]
    transaction.on_commit(lambda: _enqueue(chunks))


def _enqueue(chunks: list[list[int]]) -> None:
    for stimulus_ids in chunks:
        make_chunk.enqueue(stimulus_ids)
