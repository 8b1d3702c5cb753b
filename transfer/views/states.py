"""Buttons of a batch's page: try failed ones again, cancel, archive."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from common.errors import InputError
from transfer.batches.states import archive_batch, cancel_batch, unarchive_batch
from transfer.batches.tasks import enqueue_waiting
from transfer.models import Batch


@require_POST
def retry(request: HttpRequest, pk: int) -> HttpResponse:
    """Let the failed stimuli of a batch wait again; with `reason` those that failed for it."""
    retried = get_object_or_404(Batch, pk=pk)
    failed = retried.stimuli.all()
    if reason := request.POST.get("reason"):
        failed = failed.filter(error=reason)
    number = failed.retry()
    enqueue_waiting(retried)
    messages.success(request, f"Failed stimuli that wait again: {number}.")
    return redirect(retried)


@require_POST
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """Make no more stimuli of a batch."""
    cancelled = get_object_or_404(Batch, pk=pk)
    try:
        number = cancel_batch(cancelled)
    except InputError as error:
        messages.error(request, f"{error}.")
    else:
        messages.success(request, f"Stimuli that are not made: {number}. Finished ones stay.")
    return redirect(cancelled)


@require_POST
def archive(request: HttpRequest, pk: int) -> HttpResponse:
    """Leave a batch out of the list, or list it again."""
    batch = get_object_or_404(Batch, pk=pk)
    if request.POST.get("archived") == "no":
        unarchive_batch(batch)
        messages.success(request, "The batch is listed again.")
        return redirect(batch)
    try:
        archive_batch(batch)
    except InputError as error:
        messages.error(request, f"{error}.")
    else:
        messages.success(request, "The batch is archived: the list of batches leaves it out.")
    return redirect(batch)
