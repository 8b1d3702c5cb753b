"""Deletion of a batch on its page. It belongs to studies, which know the batches in use."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from common.confirmation import check_name_typed
from common.errors import InputError
from studies.planning.batch_deletion import delete_batch
from transfer.models import Batch


@require_POST
def delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Delete a batch that no study uses, if its name is typed."""
    batch = get_object_or_404(Batch, pk=pk)
    name = batch.name
    try:
        check_name_typed(request.POST.get("name", ""), name, "delete the batch")
        count = delete_batch(batch, request.user)
    except InputError as error:
        messages.error(request, f"{error}.")
        return redirect(batch)
    messages.success(request, f"The batch {name} and its {count} stimuli are deleted.")
    return redirect("transfer:batches")
