"""The EC space page: scatter, grid with examples, and the table of methods."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBadRequest,
    QueryDict,
)
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.views.decorators.http import require_safe

from common.errors import InputError
from common.tables import to_csv
from metrics.models import Calibration
from metrics.plots.data import CONTENT_TYPES, FORMATS, Plot
from metrics.presentation.cells import caption, cell_rows
from metrics.presentation.choosing import TARGETS, Choice, choose
from metrics.presentation.figures import PageFigure
from metrics.presentation.instruments import instrument_words, remedies
from metrics.presentation.kept import kept
from metrics.presentation.scatter import stimuli_of_scatter
from metrics.presentation.scored_space import ScoredSpace
from metrics.presentation.scoring import scoring
from metrics.presentation.written_reports import written_reports
from metrics.views.forms import SpaceForm
from metrics.views.policy import with_figures
from transfer.models import Stimulus


@dataclass(frozen=True)
class SpaceRequest:
    """The validated query of one request."""

    form: SpaceForm
    scored: ScoredSpace
    choice: Choice


@require_safe
@with_figures
def ecspace_page(request: HttpRequest) -> HttpResponse:
    """The EC space of the chosen batches, scored by the chosen models."""
    context: dict[str, Any] = {"problem": "", "reports": len(written_reports(request.user))}
    try:
        parsed = parse(request, request.GET)
        scored = parsed.scored
        context |= {"scored": scored, "form": parsed.form, "query": _query(scored)}
        context["remedies"] = remedies(parsed.choice)
        if problem := parsed.choice.problem:
            raise InputError(problem)
    except InputError as error:
        context["problem"] = str(error)
        return render(request, "metrics/ecspace.html", context)
    context["unscored"] = kept(f"unscored-{scored.key}", lambda: [scored.space.unscored])[0]
    # The same for everybody who may see the models, and most of the work.
    context["shown"] = kept(f"page-{scored.key}", lambda: _shown(scored))
    return render(request, "metrics/ecspace.html", context)


def _shown(scored: ScoredSpace) -> str:
    """The part of the page that shows the space, as HTML."""
    query = _query(scored)
    scatter = PageFigure(scored.scatter, address=_figure_address(scored.scatter, query))
    means = [
        PageFigure(plot, address=_figure_address(plot, query)) if plot else None
        for plot in (scored.means, scored.means_within)
    ]
    return render_to_string(
        "metrics/_space.html",
        {
            "scored": scored,
            "query": query,
            "space": scored.space,
            "stability": scored.stability,
            "note": scored.note,
            "means": means[0],
            "means_within": means[1],
            "scatter": scatter,
            "families": [
                PageFigure(plot, address=_figure_address(plot, query), source=scatter.id)
                for plot in scored.families
            ],
            "formats": FORMATS,
            "methods": scored.methods,
            "variance": scored.variance,
            "stimuli": stimuli_of_scatter(scored),
            "cells": cell_rows(scored.space, _example, scored.stability),
            "instruments": instrument_words(scored.instruments),
        },
    )


@require_safe
def scores_csv(request: HttpRequest) -> HttpResponse:
    """The scores of the page's stimuli as SCORES.csv."""
    try:
        parsed = parse(request, request.GET)
        parsed.choice.check()
        scored = parsed.scored
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
        parsed = parse(request, request.GET)
        parsed.choice.check()
        scored = parsed.scored
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


def parse(request: HttpRequest, asked_for: QueryDict) -> SpaceRequest:
    """Read a query; what it leaves out is the newest that fits, of what the user may see.

    Raises:
        InputError: an unknown batch, model or kind of cells, or no batch is measured.

    """
    data = asked_for.copy()
    data.setdefault("bins", "independent")
    visible = Calibration.objects.visible_to(request.user)
    keys = {target: data.get(target.lower(), "") for target in TARGETS}
    for target, key in keys.items():
        if key:  # says that it is unknown, if it is
            scoring(target, key, visible)
    asked = SpaceForm(data)
    if not asked.is_valid():
        raise InputError("; ".join(str(e) for errors in asked.errors.values() for e in errors))
    choice = choose(keys, list(asked.cleaned_data["batch"]), visible)
    data.setlist("batch", [str(batch.pk) for batch in choice.batches])
    form = SpaceForm(data, choice=choice, among=visible)
    form.is_valid()  # binds the values
    scored = ScoredSpace(choice.batches, choice.scorings, asked.cleaned_data["bins"])
    return SpaceRequest(form, scored, choice)


def _query(scored: ScoredSpace) -> str:
    query = QueryDict(mutable=True)
    query.setlist("batch", [str(batch.pk) for batch in scored.batches])
    models = {target.lower(): scoring.key for target, scoring in scored.scorings.items()}
    query.update(models | {"bins": scored.bins})
    return query.urlencode()


def _figure_address(plot: Plot, query: str) -> str:
    return f"{reverse('metrics:file', args=[plot.key, 'svg'])}?{query}"


def _example(stimulus: Stimulus) -> dict[str, str]:
    return {
        "caption": caption(stimulus),
        "src": stimulus.thumbnail_url,
        "href": stimulus.get_absolute_url(),
    }
