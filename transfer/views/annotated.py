"""The page that shows people's boundaries over a content picture."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe
from numpy.typing import NDArray

from common.annotations import Annotations, read_annotations
from common.errors import PictureError
from common.media import local_file
from common.pictures import read_picture, save_png
from transfer.media.boundary_overlay import boundary_overlay
from transfer.models import Picture


@require_safe
def annotation_page(request: HttpRequest, pk: int) -> HttpResponse:
    """The picture with the boundaries of all people, or of the one that `person` names."""
    picture = get_object_or_404(_annotated(), pk=pk)
    context: dict[str, Any] = {"picture": picture}
    try:
        found = _read(picture)
    except PictureError as error:
        return render(request, "transfer/annotations.html", context | {"problem": str(error)})
    person = _person(request, found)
    maps = _maps(found, person)
    context |= {
        "person": person,
        "people": range(1, len(found.boundaries) + 1),
        "share": 100 * float(maps.any(axis=0).mean()),
    }
    return render(request, "transfer/annotations.html", context)


@require_safe
def annotation_png(request: HttpRequest, pk: int) -> HttpResponse:
    """The picture of that page."""
    picture = get_object_or_404(_annotated(), pk=pk)
    try:
        found = _read(picture)
        maps = _maps(found, _person(request, found))
        drawn = boundary_overlay(read_picture(picture.path), maps)
    except PictureError as error:
        raise Http404(str(error)) from error
    content = io.BytesIO()
    save_png(drawn, content)
    response = HttpResponse(content.getvalue(), content_type="image/png")
    # A later import may replace the annotations of a picture.
    response["Cache-Control"] = "private, no-cache"
    return response


def _annotated() -> QuerySet[Picture]:
    return Picture.objects.exclude(annotations="")


def _read(picture: Picture) -> Annotations:
    path = local_file(picture.annotations.name or "")
    size = picture.width, picture.height
    return read_annotations(path, size, f"the annotation of {picture.name}")


def _person(request: HttpRequest, found: Annotations) -> int:
    """The number of the person that was asked for, from 1; 0 for all."""
    text = request.GET.get("person", "0")
    people = len(found.boundaries)
    if not (text.isdecimal() and len(text) < 6 and int(text) <= people):
        raise Http404(f"person is a number from 1 to {people}")
    return int(text)


def _maps(found: Annotations, person: int) -> NDArray[np.bool_]:
    """The maps (A, H, W) of one person, or of all."""
    return found.boundaries[person - 1 : person] if person else found.boundaries
