"""The EC space page: scatter, grid with examples, and the table of methods."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from csp.constants import SELF
from csp.decorators import csp_update
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from metrics.ecspace import LEVELS, TOP, ECSpace, ecspace, examples, percent
from metrics.forms import SpaceForm
from metrics.models import Calibration
from metrics.plots import plot_data, plotly_figure
from metrics.records.space import Scoring, scored_frame, scoring, stimuli_of
from metrics.views.reports import written_reports
from studies.export import to_csv
from transfer.errors import InputError
from transfer.models import Batch, Stimulus

EXAMPLES = 4
EMPTY_STYLE = "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='"
"""plotly.js adds its rules to an empty <style> of its own making. This is the hash of the empty
text: it lets an empty element in, and nothing that is written into a page."""


@dataclass(frozen=True)
class Shown:
    """What one address of the page shows."""

    form: SpaceForm
    batches: list[Batch]
    scorings: dict[str, Scoring]
    bins: str

    @property
    def simulated(self) -> bool:
        """Whether simulated votes stand behind any score."""
        return any(each.simulated for each in self.scorings.values())


@require_safe
@csp_update({"style-src": [SELF, EMPTY_STYLE]})
def ecspace_page(request: HttpRequest) -> HttpResponse:
    """The EC space of the chosen stimuli under the chosen models."""
    context: dict[str, Any] = {"problem": "", "reports": written_reports()}
    try:
        shown = _shown(request.GET)
        context |= {"shown": shown, "form": shown.form, "query": _query(shown)}
        frame = scored_frame(stimuli_of(shown.batches), shown.scorings)
        space = ecspace(frame, shown.bins)
    except InputError as error:
        context["problem"] = str(error)
        return render(request, "metrics/ecspace.html", context)
    plot = plot_data(space, note="simulated votes" if shown.simulated else "")
    instruments = {key: sorted(frame[f"instrument_{key}"].dropna().unique()) for key in ("E", "C")}
    context |= {
        "space": space,
        "figure": plotly_figure(plot),
        "stimuli": _stimuli(frame),
        "styles": sorted(frame["style"].dropna().unique()),
        "cells": _cells(space),
        "instruments": instruments,
    }
    return render(request, "metrics/ecspace.html", context)


@require_safe
def scores_csv(request: HttpRequest) -> HttpResponse:
    """SCORES.csv of what the page shows."""
    try:
        shown = _shown(request.GET)
        frame = scored_frame(stimuli_of(shown.batches), shown.scorings)
    except InputError as error:
        return HttpResponseBadRequest(str(error), content_type="text/plain; charset=utf-8")
    if shown.simulated:
        frame["votes"] = "simulated"
    name = "scores-simulated.csv" if shown.simulated else "scores.csv"
    response = HttpResponse(to_csv(frame), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _shown(query: QueryDict) -> Shown:
    """Read an address; what it leaves open is the newest that there is."""
    data = query.copy()
    newest = {target: scoring(target, data.get(target.lower(), "")) for target in ("E", "C")}
    for target, found in newest.items():
        data[target.lower()] = found.key
    data.setdefault("bins", "independent")
    if not data.getlist("batch"):
        data.setlist("batch", [str(batch.pk) for batch in _usual_batches(newest)])
    form = SpaceForm(data)
    if not form.is_valid():
        raise InputError("; ".join(str(e) for errors in form.errors.values() for e in errors))
    batches = list(form.cleaned_data["batch"])
    return Shown(form, batches, newest, form.cleaned_data["bins"])


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


def _query(shown: Shown) -> str:
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


def _cells(space: ECSpace) -> list[list[dict[str, Any]]]:
    """Rows from high E to low E, each from low C to high C."""
    chosen = {(e, c): examples(space, e, c, EXAMPLES) for e in range(3) for c in range(3)}
    names = [name for several in chosen.values() for name in several]
    rows = Stimulus.objects.filter(public_id__in=[_uuid(name) for name in names])
    known = {row.public_id.hex: row for row in rows.select_related("content")}
    return [
        [
            {
                "E": LEVELS[e],
                "C": LEVELS[c],
                "count": int(space.counts[e, c]),
                "methods": [
                    {"method": part.method, "percent": percent(part.share)}
                    for part in space.shares(e, c)[:TOP]
                ],
                "examples": [known[name] for name in chosen[e, c] if name in known],
            }
            for c in range(3)
        ]
        for e in (2, 1, 0)
    ]


def _uuid(name: str) -> UUID:
    return UUID(hex=name)
