"""The EC space page: scatter, grid with examples, and the table of methods."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBadRequest,
    QueryDict,
)
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from common.errors import InputError
from common.tables import to_csv
from metrics.models import Calibration
from metrics.plots import FORMATS
from metrics.presentation.cells import cell_rows, words
from metrics.presentation.shown import ShownSpace
from metrics.presentation.space import Scoring, scoring
from metrics.views.forms import SpaceForm
from metrics.views.policy import with_figures
from metrics.views.reports import written_reports
from transfer.models import Batch, Stimulus

CONTENT_TYPES = {"png": "image/png", "svg": "image/svg+xml", "pdf": "application/pdf"}


@dataclass(frozen=True)
class Asked:
    """What one address of the page asks for."""

    form: SpaceForm
    shown: ShownSpace


@require_safe
@with_figures
def ecspace_page(request: HttpRequest) -> HttpResponse:
    """The EC space of the chosen stimuli under the chosen models."""
    context: dict[str, Any] = {"problem": "", "reports": written_reports(request.user)}
    try:
        asked = _asked(request)
        shown = asked.shown
        context |= {"shown": shown, "form": asked.form, "query": _query(shown)}
        space = shown.space
    except InputError as error:
        context["problem"] = str(error)
        return render(request, "metrics/ecspace.html", context)
    context |= {
        "space": space,
        "sure": shown.sure,
        "note": shown.note,
        "figure": shown.scatter.data,
        "families": shown.families,
        "formats": FORMATS,
        "methods": shown.methods,
        "variance": shown.variance,
        "stimuli": _stimuli(shown.frame),
        "styles": sorted(shown.frame["style"].dropna().unique()),
        "cells": cell_rows(space, _example, shown.sure),
        "instruments": shown.instruments,
    }
    return render(request, "metrics/ecspace.html", context)


@require_safe
def scores_csv(request: HttpRequest) -> HttpResponse:
    """SCORES.csv of what the page shows."""
    try:
        shown = _asked(request).shown
        frame = shown.frame
    except InputError as error:
        return HttpResponseBadRequest(str(error), content_type="text/plain; charset=utf-8")
    if shown.simulated:
        frame["votes"] = "simulated"
    return _download(to_csv(frame), "text/csv; charset=utf-8", shown, "scores", "csv")


@require_safe
def figure_file(request: HttpRequest, key: str, file_format: str) -> HttpResponse:
    """One figure of what the page shows, drawn for print."""
    if file_format not in FORMATS:
        raise Http404(f"figures are files of {', '.join(FORMATS)}")
    try:
        shown = _asked(request).shown
        content = shown.file(key, file_format)
    except InputError as error:
        return HttpResponseBadRequest(str(error), content_type="text/plain; charset=utf-8")
    if content is None:
        raise Http404(f"no figure is named {key}")
    return _download(content, CONTENT_TYPES[file_format], shown, key, file_format)


def _download(
    content: str | bytes, content_type: str, shown: ShownSpace, name: str, ending: str
) -> HttpResponse:
    response = HttpResponse(content, content_type=content_type)
    mark = "-simulated" if shown.simulated else ""
    response["Content-Disposition"] = f'attachment; filename="{name}{mark}.{ending}"'
    return response


def _asked(request: HttpRequest) -> Asked:
    """Read an address; what it leaves open is the newest that the researcher may see."""
    data = request.GET.copy()
    visible = Calibration.objects.visible_to(request.user)
    newest = {
        target: scoring(target, data.get(target.lower(), ""), visible) for target in ("E", "C")
    }
    for target, found in newest.items():
        data[target.lower()] = found.key
    data.setdefault("bins", "independent")
    if not data.getlist("batch"):
        data.setlist("batch", [str(batch.pk) for batch in _usual_batches(newest)])
    form = SpaceForm(request.user, data)
    if not form.is_valid():
        raise InputError("; ".join(str(e) for errors in form.errors.values() for e in errors))
    batches = list(form.cleaned_data["batch"])
    return Asked(form, ShownSpace(batches, newest, form.cleaned_data["bins"]))


def _usual_batches(scorings: dict[str, Scoring]) -> list[Batch]:
    """The batches that the models' votes are about, or else the newest measured one."""
    rows = [each.calibration for each in scorings.values() if each.calibration]
    calibrations = Calibration.objects.filter(pk__in=[row.pk for row in rows])
    batches = Batch.objects.filter(studies__calibrations__in=calibrations).distinct()
    if batches:
        return list(batches)
    newest = Batch.objects.filter(stimuli__measurements__isnull=False).distinct()[:1]
    if not newest:
        raise InputError("no stimulus is measured yet: launch a batch, then manage.py measure")
    return list(newest)


def _query(shown: ShownSpace) -> str:
    query = QueryDict(mutable=True)
    query.setlist("batch", [str(batch.pk) for batch in shown.batches])
    query.update({"e": shown.scorings["E"].key, "c": shown.scorings["C"].key, "bins": shown.bins})
    return query.urlencode()


def _stimuli(frame: Any) -> dict[str, dict[str, Any]]:
    """What the script shows of a stimulus: words, picture and page."""
    return {
        row["stimulus"]: {
            "method": row["method"],
            "content": row["content"],
            "style": row["style"],
            "weight": None if row["weight"] != row["weight"] else row["weight"],
            "picture": reverse("transfer:stimulus_thumbnail", args=[_uuid(row["stimulus"])]),
            "page": reverse("transfer:stimulus", args=[_uuid(row["stimulus"])]),
        }
        for row in frame.to_dict("records")
    }


def _example(stimulus: Stimulus) -> dict[str, str]:
    return {
        "words": words(stimulus),
        "src": stimulus.thumbnail_url,
        "href": stimulus.get_absolute_url(),
    }


def _uuid(name: str) -> UUID:
    return UUID(hex=name)
