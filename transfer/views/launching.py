"""The page that launches a batch."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from common.errors import InputError
from transfer.batches.launch import Order, launch, recipe_of, stimuli_of
from transfer.batches.measuring_provider import provider
from transfer.batches.tasks import enqueue_waiting
from transfer.views.forms import LaunchForm

MOST = 20_000
"""Stimuli of one request, whose rows are written within seconds."""


@require_http_methods(["GET", "HEAD", "POST"])
def launch_batch(request: HttpRequest) -> HttpResponse:
    """Launch the batch of a form, or only count its stimuli."""
    form = LaunchForm(request.POST or None)
    number = None
    if request.method == "POST" and form.is_valid():
        try:
            order = form.order()
            counted = _number(order)
            if "count" not in request.POST:
                return _launch(request, order, form.cleaned_data["measure"])
            number = counted
        except InputError as error:
            form.add_error(None, str(error))
    more = form.fields_of(LaunchForm.MORE)
    context = {
        "form": form,
        "number": number,
        "main": form.fields_of(LaunchForm.MAIN),
        "more": more,
        "more_errors": any(field.errors for field in more),
    }
    return render(request, "transfer/launch.html", context)


def _number(order: Order) -> int:
    number = len(stimuli_of(order, recipe_of(order)))
    if number > MOST:
        raise InputError(
            f"these are {number} stimuli, and a page launches at most {MOST}: choose fewer, or use "
            "manage.py generate --queue"
        )
    return number


def _launch(request: HttpRequest, order: Order, measure: bool) -> HttpResponse:
    user = request.user if isinstance(request.user, User) else None
    batch = launch(order, user)
    measuring = provider()
    if measure and measuring is not None:
        measuring.request(batch, user)
    enqueue_waiting(batch)
    messages.success(request, f"Launched: {batch.stimuli.count()} stimuli.")
    return redirect(batch)
