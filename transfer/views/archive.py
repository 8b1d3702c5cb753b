"""The download of a batch's pictures."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_safe

from common.errors import InputError
from transfer.batches.archive import batch_archive
from transfer.models import Batch
from transfer.views.forms import GalleryForm


@require_safe
def batch_zip(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The finished pictures that match the gallery's filters, with their manifest."""
    batch = get_object_or_404(Batch, pk=pk)
    chosen = GalleryForm(request.GET, batch=batch).chosen()
    try:
        archive = batch_archive(batch, batch.stimuli.filter(**chosen))
    except InputError as error:
        text = str(error)
        messages.error(request, f"{text[0].upper()}{text[1:]}.")
        return redirect(batch)
    response = StreamingHttpResponse(archive, content_type="application/zip")
    response["Content-Disposition"] = f'attachment; filename="batch-{batch.pk}.zip"'
    response["Cache-Control"] = "private, no-store"
    return response
