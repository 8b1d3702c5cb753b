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
from metrics.plots.data import FORMATS
from metrics.presentation.cells import caption, cell_rows
from metrics.presentation.figures import PageFigure
from metrics.presentation.scored_space import ScoredSpace
from metrics.presentation.scoring import Scoring, scoring
from metrics.views.forms import SpaceForm
from metrics.views.policy import with_figures
from metrics.views.reports import written_reports
from transfer.models import Batch, Stimulus

CONTENT_TYPES = {"png": "image/png", "svg": "image/svg+xml", "pdf": "application/pdf"}


@dataclass(frozen=True)
class SpaceRequest:
    """The validated query of one request."""

    form: SpaceForm
    scored: ScoredSpace


@require_safe
@with_figures
def ecspace_page(request: HttpRequest) -> HttpResponse:
    """The EC space of the chosen batches, scored by the chosen models."""
    context: dict[str, Any] = {"problem": "", "reports": written_reports(request.user)}
    try:
        parsed = _parse(request)
        scored = parsed.scored
        context |= {"scored": scored, "form": parsed.form, "query": _query(scored)}
        space = scored.space
    except InputError as error:
        context["problem"] = str(error)
        return render(request, "metrics/ecspace.html", context)
    context |= {
        "space": space,
        "stability": scored.stability,
        "note": scored.note,
        "figure": PageFigure(scored.scatter).data,
        "families": [PageFigure(plot) for plot in scored.families],
        "formats": FORMATS,
        "methods": scored.methods,
        "variance": scored.variance,
        "stimuli": _stimuli(scored.frame),
        "styles": sorted(scored.frame["style"].dropna().unique()),
        "cells": cell_rows(space, _example, scored.stability),
        "instruments": scored.instruments,
    }
    return render(request, "metrics/ecspace.html", context)


@require_safe
def scores_csv(request: HttpRequest) -> HttpResponse:
    """The scores of the page's stimuli as SCORES.csv."""
    try:
        scored = _parse(request).scored
        frame = scored.frame
    except InputError as error:
        return HttpResponseBadRequest(str(error), content_type="text/plain; charset=utf-8")
    if scored.simulated:
        frame["votes"] = "simulated"
    return _download(to_csv(frame), "text/csv; charset=utf-8", scored, "scores", "csv")


@require_safe
def figure_file(request: HttpRequest, key: str, file_format: str) -> HttpResponse:
    """One figure of the page as a file."""
    from metrics.presentation.figure_files import figure_file as draw  # matplotlib

    if file_format not in FORMATS:
        raise Http404(f"figures are files of {', '.join(FORMATS)}")
    try:
        scored = _parse(request).scored
        content = draw(scored, key, file_format)
    except InputError as error:
        return HttpResponseBadRequest(str(error), content_type="text/plain; charset=utf-8")
    if content is None:
        raise Http404(f"no figure is named {key}")
    return _download(content, CONTENT_TYPES[file_format], scored, key, file_format)


def _download(
    content: str | bytes, content_type: str, scored: ScoredSpace, name: str, ending: str
) -> HttpResponse:
    response = HttpResponse(content, content_type=content_type)
    mark = "-simulated" if scored.simulated else ""
    response["Content-Disposition"] = f'attachment; filename="{name}{mark}.{ending}"'
    return response


def _parse(request: HttpRequest) -> SpaceRequest:
    """Read the query; the defaults are the newest models and batches that the user may see.

    Raises:
        InputError: an unknown batch, model or kind of cells, or nothing to show.

    """
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
    return SpaceRequest(form, ScoredSpace(batches, newest, form.cleaned_data["bins"]))


def _usual_batches(scorings: dict[str, Scoring]) -> list[Batch]:
    """The batches whose stimuli the models' votes compare, or else the newest measured batch."""
    rows = [each.calibration for each in scorings.values() if each.calibration]
    calibrations = Calibration.objects.filter(pk__in=[row.pk for row in rows])
    batches = Batch.objects.filter(studies__calibrations__in=calibrations).distinct()
    if batches:
        return list(batches)
    newest = Batch.objects.filter(stimuli__measurements__isnull=False).distinct()[:1]
    if not newest:
        raise InputError("no stimulus is measured yet: launch a batch, then manage.py measure")
    return list(newest)


def _query(scored: ScoredSpace) -> str:
    query = QueryDict(mutable=True)
    query.setlist("batch", [str(batch.pk) for batch in scored.batches])
    models = {target.lower(): scoring.key for target, scoring in scored.scorings.items()}
    query.update(models | {"bins": scored.bins})
    return query.urlencode()


def _stimuli(frame: Any) -> dict[str, dict[str, Any]]:
    """What the script shows of a stimulus: labels, picture and page."""
    return {
        row["stimulus"]: {
            "method": row["method"],
            "content": row["content"],
            "style": row["style"],
            "weight": None if row["weight"] != row["weight"] else row["weight"],
            "picture": reverse("transfer:stimulus_thumbnail", args=[UUID(hex=row["stimulus"])]),
            "page": reverse("transfer:stimulus", args=[UUID(hex=row["stimulus"])]),
        }
        for row in frame.to_dict("records")
    }


def _example(stimulus: Stimulus) -> dict[str, str]:
    return {
        "caption": caption(stimulus),
        "src": stimulus.thumbnail_url,
        "href": stimulus.get_absolute_url(),
    }
