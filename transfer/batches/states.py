"""Cancelling and archiving of batches."""

from __future__ import annotations

from django.utils import timezone

from common.errors import InputError
from transfer.models import Batch, Stimulus

CANCELLED = "cancelled: it is made if the failed ones are tried again"
"""The error of stimuli that were waiting, or being made, when their batch was cancelled."""


def cancel_batch(batch: Batch) -> int:
    """Make no more stimuli of a batch. Finished ones stay, and the others can be made later.

    Workers lose the stimuli that they are making, and turn to other batches.

    Returns:
        The number of cancelled stimuli.

    Raises:
        InputError: nothing of the batch is left to be made.

    """
    open_states = (Stimulus.State.PENDING, Stimulus.State.RUNNING)
    cancelled = batch.stimuli.filter(state__in=open_states).update(
        state=Stimulus.State.FAILED,
        error=CANCELLED,
        lease=None,
        lease_until=None,
        worker="",
        finished_at=timezone.now(),
    )
    if not cancelled:
        raise InputError(f"nothing of batch '{batch}' is left to be made")
    return cancelled


def archive_batch(batch: Batch) -> None:
    """Leave a batch out of the lists; its stimuli and measurements stay.

    Raises:
        InputError: its stimuli are still to be made.

    """
    if batch.stimuli.is_open():
        raise InputError(f"batch '{batch}' is not finished: cancel it before it is archived")
    batch.archived_at = timezone.now()
    batch.save(update_fields=["archived_at"])


def unarchive_batch(batch: Batch) -> None:
    """List an archived batch again."""
    batch.archived_at = None
    batch.save(update_fields=["archived_at"])
