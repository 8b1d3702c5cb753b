"""Buttons of a study's page: open, pause, resume, close, reopen, delete."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from common.confirmation import check_name_typed
from common.errors import InputError
from studies.models import Study
from studies.planning import deletion, opening
from studies.views.access import visible_study


def _change(
    request: HttpRequest, pk: int, change: Callable[[Study], None], done: str
) -> HttpResponse:
    """Change the state of a study, and show its page with `done` or the reason why not."""
    found = visible_study(request, pk)
    try:
        change(found)
        messages.success(request, done)
    except InputError as error:
        messages.error(request, str(error))
    return redirect(found)


@require_POST
def open_study(request: HttpRequest, pk: int) -> HttpResponse:
    """Open a study."""
    done = "The study is open. Send its link to participants."
    return _change(request, pk, opening.open_study, done)


@require_POST
def pause(request: HttpRequest, pk: int) -> HttpResponse:
    """Pause an open study."""
    done = "The study admits no new participants. Those who have begun can finish."
    return _change(request, pk, opening.pause_study, done)


@require_POST
def resume(request: HttpRequest, pk: int) -> HttpResponse:
    """End a pause."""
    return _change(request, pk, opening.resume_study, "The study admits participants again.")


@require_POST
def close_study(request: HttpRequest, pk: int) -> HttpResponse:
    """Close a study, if its name is typed."""

    def close(study: Study) -> None:
        check_name_typed(request.POST.get("name", ""), study.name, "close the study")
        opening.close_study(study)

    return _change(request, pk, close, "The study is closed. Its votes stay.")


@require_POST
def reopen(request: HttpRequest, pk: int) -> HttpResponse:
    """Open a closed study again."""
    return _change(request, pk, opening.reopen_study, "The study is open again.")


@require_POST
def archive(request: HttpRequest, pk: int) -> HttpResponse:
    """Leave a study out of lists, or list it again. Nothing else changes."""
    if request.POST.get("archived") == "no":
        return _change(request, pk, opening.unarchive_study, "The study is listed again.")
    done = "The study is archived: the list of studies leaves it out."
    return _change(request, pk, opening.archive_study, done)


@require_POST
def delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Delete a study that no person has answered, if its name is typed."""
    found = visible_study(request, pk)
    try:
        check_name_typed(request.POST.get("name", ""), found.name, "delete the study")
        deletion.delete_study(found)
    except InputError as error:
        messages.error(request, str(error))
        return redirect(found)
    messages.success(request, f"The study {found.name} is deleted.")
    return redirect("studies:studies")
