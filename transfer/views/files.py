"""Send picture files. These views require a login, as all pages do."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

from django.http import FileResponse, Http404, HttpRequest
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from common.errors import PictureError
from common.formats import media_type_of
from transfer.models import Picture, Stimulus


@require_safe
def picture_file(request: HttpRequest, pk: int) -> FileResponse:
    """A content or style picture as it was uploaded."""
    return _send_file(get_object_or_404(Picture, pk=pk))


@require_safe
def picture_thumbnail(request: HttpRequest, pk: int) -> FileResponse:
    """A thumbnail of it."""
    return _send_thumbnail(get_object_or_404(Picture, pk=pk))


@require_safe
def stimulus_file(request: HttpRequest, public_id: UUID) -> FileResponse:
    """A finished stimulus."""
    return _send_file(_finished(public_id))


@require_safe
def stimulus_thumbnail(request: HttpRequest, public_id: UUID) -> FileResponse:
    """A thumbnail of it."""
    return _send_thumbnail(_finished(public_id))


def _finished(public_id: UUID) -> Stimulus:
    return get_object_or_404(Stimulus, public_id=public_id, state=Stimulus.State.DONE)


def _send_file(picture: Picture | Stimulus) -> FileResponse:
    try:
        return _send(picture.path)
    except PictureError as error:
        raise Http404(str(error)) from error


def _send_thumbnail(picture: Picture | Stimulus) -> FileResponse:
    try:
        return _send(picture.thumbnail())
    except PictureError as error:
        raise Http404(str(error)) from error


def _send(path: Path) -> FileResponse:
    """The response with a file. Its path comes from a row, never from a URL."""
    try:
        file = path.open("rb")
    except FileNotFoundError as error:
        raise Http404(f"{path.name} is missing in the media folder") from error
    response = FileResponse(file, content_type=media_type_of(path))
    # A file never changes under its name, but only users who are logged in may see it.
    response["Cache-Control"] = "private, max-age=86400"
    return response
