"""Pages of calibrations: the list with a form for a new one, one calibration, its JSON."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from common.confirmation import check_name_typed
from common.errors import InputError
from metrics.calibration.presets import PRESETS
from metrics.calibration.verdict import verdict
from metrics.models import Calibration
from metrics.plots.data import CONTENT_TYPES, FORMATS
from metrics.presentation.instruments import instrument_words
from metrics.presentation.model_summary import ModelSummary
from metrics.presentation.scoring import Scoring
from metrics.views.forms import CalibrateForm
from metrics.views.policy import with_figures


@require_http_methods(["GET", "HEAD", "POST"])
def calibrations(request: HttpRequest) -> HttpResponse:
    """The list of calibrations, and the form that fits a new one."""
    form = CalibrateForm(request.user, request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            fitted = _fit(form, request.user if isinstance(request.user, User) else None)
        except InputError as error:
            form.add_error(None, str(error))
        else:
            _announce(request, fitted)
            return redirect(fitted)
    context = {
        "calibrations": [
            (row, verdict(row.exported)) for row in Calibration.objects.visible_to(request.user)
        ],
        "presets": PRESETS,
        "form": form,
    }
    return render(request, "metrics/calibrations.html", context)


def _fit(form: CalibrateForm, user: User | None) -> Calibration:
    from metrics.measurements.fitting import fit_calibration  # SciPy

    study = form.cleaned_data["study"]
    return fit_calibration([study], study.kind, created_by=user, **form.options())


def _announce(request: HttpRequest, fitted: Calibration) -> None:
    """Say that a model is fitted, in green only where it may be used without reserve."""
    judged = verdict(fitted.exported)
    level = judged.level if judged else "trustworthy"
    tell = messages.success if level == "trustworthy" else messages.warning
    tell(request, f"{fitted.name} is fitted: {level}.")


@require_safe
@with_figures
def calibration(request: HttpRequest, pk: int) -> HttpResponse:
    """One calibration: coefficients, data, diagnostics and the selection of its terms."""
    visible = Calibration.objects.visible_to(request.user)
    row = get_object_or_404(visible.prefetch_related("studies"), pk=pk)
    model = ModelSummary(
        Scoring(row.name, row.exported, row),
        address_of=lambda key: reverse("metrics:calibration_figure", args=[pk, key, "svg"]),
    )
    names = {key: [name] for key, name in row.exported.instruments.items()}
    context = {"calibration": row, "model": model, "instruments": instrument_words(names)}
    return render(request, "metrics/calibration.html", context)


@require_safe
def figure_file(request: HttpRequest, pk: int, key: str, file_format: str) -> HttpResponse:
    """One figure of a calibration's page as a file."""
    from metrics.plots.static import render as draw  # matplotlib
    from metrics.plots.static import static_figure

    row = get_object_or_404(Calibration.objects.visible_to(request.user), pk=pk)
    figures = {
        each.plot.key: each for each in ModelSummary(Scoring(row.name, row.exported, row)).figures
    }
    if key not in figures or file_format not in FORMATS:
        raise Http404(f"figures are {', '.join(figures)}, as {', '.join(FORMATS)}")
    content = draw(static_figure(figures[key].plot), file_format)
    response = HttpResponse(content, content_type=CONTENT_TYPES[file_format])
    name = f"{key}-{row.pk}{'-simulated' if row.simulated else ''}.{file_format}"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@require_POST
def delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Delete a calibration, if its name is typed. The votes stay."""
    row = get_object_or_404(Calibration.objects.visible_to(request.user), pk=pk)
    try:
        check_name_typed(request.POST.get("name", ""), row.name, "delete the calibration")
    except InputError as error:
        messages.error(request, str(error))
        return redirect(row)
    row.delete()
    messages.success(request, f"The calibration {row.name} is deleted.")
    return redirect("metrics:calibrations")


@require_safe
def model_json(request: HttpRequest, pk: int) -> HttpResponse:
    """The exported model as a file."""
    row = get_object_or_404(Calibration.objects.visible_to(request.user), pk=pk)
    response = JsonResponse(row.model, json_dumps_params={"indent": 1, "ensure_ascii": False})
    name = f"{row.target}-model-{row.pk}{'-simulated' if row.simulated else ''}.json"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
