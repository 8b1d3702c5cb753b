"""Start to measure a batch, and say how far it is."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from common.errors import InputError
from metrics.measurements.orders import start_default, start_for_model
from metrics.measurements.summary import pace_of
from metrics.measurements.tasks import enqueue_waiting
from metrics.models import Calibration, MeasurementJob, MeasuringOrder
from transfer.models import Batch


@require_POST
def measure(request: HttpRequest, pk: int) -> HttpResponse:
    """Let the measurements that a batch lacks wait for workers.

    `model` names a calibration whose instruments are used instead of the default ones; `next` is
    the page to show afterwards, by default that of the batch.
    """
    batch = get_object_or_404(Batch, pk=pk)
    try:
        orders = _start(request, batch)
    except InputError as error:
        messages.error(request, str(error))
        return redirect(batch)
    waiting = sum(order.jobs.progress().open for order in orders)
    for order in orders:
        enqueue_waiting(order)
    if waiting:
        messages.success(request, f"{batch} is measured: {waiting} measurements are to be made.")
    else:
        messages.success(request, f"{batch} was measured before: nothing is missing.")
    target = request.POST.get("next", "")
    if url_has_allowed_host_and_scheme(target, {request.get_host()}, request.is_secure()):
        return redirect(target)
    return redirect(batch)


def _start(request: HttpRequest, batch: Batch) -> list[MeasuringOrder]:
    user = request.user if isinstance(request.user, User) else None
    model = request.POST.get("model", "")
    if not model:
        return start_default(batch, user)
    if not model.isdecimal():
        raise InputError(f"no calibration has the number '{model}'")
    visible = Calibration.objects.visible_to(request.user)
    return start_for_model(batch, get_object_or_404(visible, pk=int(model)), user)


@require_safe
def measuring_progress(request: HttpRequest, pk: int) -> JsonResponse:
    """The progress of the measurements of a batch as JSON, for the script of its page."""
    batch = get_object_or_404(Batch, pk=pk)
    progress = MeasurementJob.objects.filter(order__batch=batch).progress()
    return JsonResponse(
        {
            "pending": progress.pending,
            "running": progress.running,
            "done": progress.done,
            "failed": progress.failed,
            "pace": pace_of(batch, progress),
        }
    )
