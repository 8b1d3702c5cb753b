"""Calibrations: the list with a form for a new one, one calibration, and its JSON."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from common.errors import InputError
from metrics.calibration.presets import PRESETS
from metrics.models import Calibration
from metrics.presentation.explained import Explained
from metrics.presentation.space import Scoring
from metrics.views.forms import CalibrateForm
from metrics.views.policy import with_figures


@require_http_methods(["GET", "HEAD", "POST"])
def calibrations(request: HttpRequest) -> HttpResponse:
    """Every calibration, and the form that fits a new one."""
    form = CalibrateForm(request.user, request.POST or None)
    if request.method == "POST" and form.is_valid():
        study = form.cleaned_data["study"]
        user = request.user if isinstance(request.user, User) else None
        try:
            kept = Calibration.objects.calibrate(
                [study],
                study.kind,
                include_simulated=form.cleaned_data["include_simulated"],
                created_by=user,
            )
        except InputError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, f"{kept.name} is fitted.")
            return redirect(kept)
    context = {
        "calibrations": Calibration.objects.visible_to(request.user).prefetch_related("studies"),
        "presets": PRESETS,
        "form": form,
    }
    return render(request, "metrics/calibrations.html", context)


@require_safe
@with_figures
def calibration(request: HttpRequest, pk: int) -> HttpResponse:
    """One calibration: coefficients, the votes behind it, whether to believe it, how it came."""
    visible = Calibration.objects.visible_to(request.user)
    shown = get_object_or_404(visible.prefetch_related("studies"), pk=pk)
    scoring = Scoring(shown.name, shown.exported, shown)
    context = {"calibration": shown, "model": Explained(scoring)}
    return render(request, "metrics/calibration.html", context)


@require_safe
def model_json(request: HttpRequest, pk: int) -> HttpResponse:
    """The exported model as a file."""
    shown = get_object_or_404(Calibration.objects.visible_to(request.user), pk=pk)
    response = JsonResponse(shown.model, json_dumps_params={"indent": 1, "ensure_ascii": False})
    name = f"{shown.target}-model-{shown.pk}{'-simulated' if shown.simulated else ''}.json"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
