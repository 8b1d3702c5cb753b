"""The page of the referee: which statistic do people agree with?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBadRequest, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from common.errors import InputError
from metrics.plots.accuracy import accuracy_plot
from metrics.plots.data import CONTENT_TYPES, FORMATS
from metrics.presentation.figures import PageFigure
from metrics.views.forms import RefereeForm
from metrics.views.policy import with_figures

if TYPE_CHECKING:
    from metrics.calibration.referee.judgement import Judgement

FIGURES = ("accuracy", "correlation")


@require_safe
@with_figures
def referee_page(request: HttpRequest) -> HttpResponse:
    """The form, and the answer for the study that was chosen."""
    form = RefereeForm(request.user, request.GET if "study" in request.GET else None)
    context: dict[str, Any] = {"form": form, "formats": FORMATS, "figures": FIGURES}
    if form.is_bound and form.is_valid():
        from metrics.presentation.learnt_summary import learnt_summary  # SciPy

        context["learnt"] = learnt_summary(form.cleaned_data["study"])
        try:
            judgement = _judgement(form)
        except InputError as error:
            form.add_error(None, str(error))
        else:
            plot = accuracy_plot(judgement)
            context |= {
                "judgement": judgement,
                "figure": PageFigure(plot) if plot else None,
                "study": form.cleaned_data["study"],
                "query": urlencode(request.GET, doseq=True),
            }
    return render(request, "metrics/referee.html", context)


@require_safe
def referee_json(request: HttpRequest) -> HttpResponse:
    """The answer as a file."""
    try:
        judgement = _judgement(_form(request))
    except InputError as error:
        return HttpResponseBadRequest(str(error), content_type="text/plain; charset=utf-8")
    response = JsonResponse(
        judgement.to_json(), json_dumps_params={"indent": 1, "ensure_ascii": False}
    )
    return _named(response, judgement, "referee", "json")


@require_safe
def referee_figure(request: HttpRequest, key: str, file_format: str) -> HttpResponse:
    """One figure of the answer as a file that a paper can print."""
    from metrics.plots.referee import accuracy_figure, correlation_figure  # matplotlib
    from metrics.plots.static import render as draw

    if key not in FIGURES or file_format not in FORMATS:
        raise Http404(f"figures are {', '.join(FIGURES)}, as {', '.join(FORMATS)}")
    try:
        judgement = _judgement(_form(request))
    except InputError as error:
        return HttpResponseBadRequest(str(error), content_type="text/plain; charset=utf-8")
    figure = accuracy_figure(judgement) if key == "accuracy" else correlation_figure(judgement)
    if figure is None:
        raise Http404("there is nothing to draw")
    response = HttpResponse(draw(figure, file_format), content_type=CONTENT_TYPES[file_format])
    return _named(response, judgement, key, file_format)


def _form(request: HttpRequest) -> RefereeForm:
    form = RefereeForm(request.user, request.GET)
    if not form.is_valid():
        raise InputError("; ".join(str(e) for errors in form.errors.values() for e in errors))
    return form


def _judgement(form: RefereeForm) -> Judgement:
    from metrics.presentation.judged_study import judged_study  # SciPy

    return judged_study(
        form.cleaned_data["study"], include_simulated=form.cleaned_data["include_simulated"]
    )


def _named(response: HttpResponse, judgement: Judgement, name: str, ending: str) -> HttpResponse:
    mark = "-simulated" if judgement.simulated else ""
    response["Content-Disposition"] = f'attachment; filename="{name}{mark}.{ending}"'
    return response
