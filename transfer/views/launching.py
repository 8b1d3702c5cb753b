"""The page that launches a batch."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from common.errors import InputError
from transfer.batches.launch import Order, launch, recipe_of, stimuli_of
from transfer.batches.measuring_provider import provider
from transfer.batches.preview import Preview, preview, too_many
from transfer.batches.tasks import enqueue_waiting
from transfer.views.forms import LaunchForm

MOST = 20_000
"""Stimuli of one request, whose rows are written within seconds."""


@require_http_methods(["GET", "HEAD", "POST"])
def launch_batch(request: HttpRequest) -> HttpResponse:
    """Launch the batch of a form, or only show what it would be."""
    form = LaunchForm(request.POST or None)
    shown = None
    if request.method == "POST" and form.is_valid():
        try:
            order, measure = form.order(), form.cleaned_data["measure"]
            if "preview" not in request.POST:
                return _launch(request, order, measure)
            shown = preview(order, measure=measure, most=MOST)
        except InputError as error:
            form.add_error(None, str(error))
    more = form.fields_of(LaunchForm.MORE)
    context = {
        "form": form,
        "preview": shown,
        "main": form.fields_of(LaunchForm.MAIN),
        "more": more,
        "more_errors": any(field.errors for field in more),
    }
    return render(request, "transfer/launch.html", context)


@require_POST
def launch_preview(request: HttpRequest) -> HttpResponse:
    """What the batch of a form would be, for the script of its page; nothing is stored.

    A batch without a name is previewed as `batch`.
    """
    data = request.POST.copy()
    if not data.get("name", "").strip():
        data["name"] = "batch"
    form = LaunchForm(data)
    if not form.is_valid():
        return _fragment(request, None, _problem_of(form))
    try:
        order, measure = form.order(), form.cleaned_data["measure"]
        return _fragment(request, preview(order, measure=measure, most=MOST), "")
    except InputError as error:
        return _fragment(request, None, f"{error}.")


def _fragment(request: HttpRequest, shown: Preview | None, problem: str) -> HttpResponse:
    context = {"preview": shown, "problem": problem}
    return render(request, "transfer/_preview.html", context)


def _problem_of(form: LaunchForm) -> str:
    """The first objection; empty while pictures or methods are not chosen yet."""
    if any(form.has_error(name, "required") for name in ("methods", "styles")):
        return ""
    name, errors = next(iter(form.errors.items()))
    return f"{form[name].label}: {errors[0]}"


def _launch(request: HttpRequest, order: Order, measure: bool) -> HttpResponse:
    if (number := len(stimuli_of(order, recipe_of(order)))) > MOST:
        raise too_many(number, MOST)
    user = request.user if isinstance(request.user, User) else None
    batch = launch(order, user)
    measuring = provider()
    if measure and measuring is not None:
        measuring.request(batch, user)
    enqueue_waiting(batch)
    messages.success(request, f"Launched: {batch.stimuli.count()} stimuli.")
    return redirect(batch)
