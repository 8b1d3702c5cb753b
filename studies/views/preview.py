"""The preview of a study: the participants' own pages, of which nothing is stored.

The addresses hold the number of answers, in place of a participant's token.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from csp.constants import SELF
from csp.decorators import csp_replace
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from common.errors import InputError, PictureError
from studies.models import Study, Trial, TrialKind
from studies.models.trial import PLACES
from studies.sessions import completion_codes as codes
from studies.sessions import display
from studies.sessions.preview import PreviewSession
from studies.views.access import visible_study
from studies.views.participant import (
    by_script,
    exit_page,
    feedback_page,
    instructions_page,
    language_for,
    page,
    trial_page,
)

View = TypeVar("View", bound=Callable[..., HttpResponse])
_EXAMPLE = "example-"
SIZES = {"desktop": (1280, 800), "phone": (390, 844)}
"""Windows of the preview, in CSS pixels."""


def _framed(view: View) -> View:
    """Allow a page of our own to show the page of a view in a frame."""
    decorate: Any = csp_replace({"frame-ancestors": [SELF]})  # typed for the request alone
    return cast(View, decorate(xframe_options_sameorigin(never_cache(view))))


@require_safe
def preview(request: HttpRequest, pk: int) -> HttpResponse:
    """The page with the preview in a frame as large as a desktop's window, or a phone's."""
    study = visible_study(request, pk)
    try:
        PreviewSession(study)
    except InputError as error:
        messages.error(request, str(error))
        return redirect(study)
    size = request.GET.get("size", "desktop")
    if size not in SIZES:
        raise Http404
    width, height = SIZES[size]
    context = {"study": study, "size": size, "sizes": SIZES, "width": width, "height": height}
    return render(request, "studies/preview.html", context)


@_framed
@require_http_methods(["GET", "HEAD", "POST"])
def begin(request: HttpRequest, pk: int) -> HttpResponse:
    """The consent page."""
    study = visible_study(request, pk)
    if request.method == "POST":
        chosen = request.POST.get("consent", "no")
        if chosen == "yes":
            return HttpResponseRedirect(_url("take", study, 0), status=303)
        return exit_page(request, study, "screened_out" if chosen == "cannot" else "no_consent")
    consent = gettext_lazy(study.consent.text)
    return page(request, "consent", study, language_for(study, request), consent=consent)


@_framed
@require_safe
def take(request: HttpRequest, pk: int, answered: int) -> HttpResponse:
    """The page after a number of answers: the instructions, a break, a trial, or the end."""
    session = _session(request, pk)
    instructed = session.study.session_rules.instructions and "begun" not in request.GET
    if instructed and not answered:
        return _instructions(request, session)
    return _page_after(request, session, answered, rested="rested" in request.GET)


@_framed
@require_POST
def vote(request: HttpRequest, pk: int, answered: int) -> HttpResponse:
    """The page after an answer, which is not stored."""
    session = _session(request, pk)
    if by_script(request):
        trial = session.trial(answered)
        if trial is not None and trial.kind == TrialKind.TRAINING and trial.expected:
            return _feedback(request, session, answered, trial)
        return _page_after(request, session, answered + 1, rested=False)
    return HttpResponseRedirect(_url("take", session.study, answered + 1), status=303)


@_framed
@require_POST
def unloadable(request: HttpRequest, pk: int, answered: int) -> HttpResponse:
    """The response to a picture that could not be shown; nothing is stored."""
    _session(request, pk).trial(answered)
    return HttpResponse(status=204)


@_framed
@require_POST
def go_on(request: HttpRequest, pk: int, answered: int) -> HttpResponse:
    """Continue after a break."""
    address = _url("take", visible_study(request, pk), answered)
    return HttpResponseRedirect(f"{address}?rested=1", status=303)


@_framed
@require_http_methods(["GET", "HEAD", "POST"])
def stop(request: HttpRequest, pk: int, answered: int) -> HttpResponse:
    """The page on which a participant stops."""
    study = visible_study(request, pk)
    if request.method == "POST":
        return exit_page(request, study, "withdrawn")
    take_url = f"{_url('take', study, answered)}?begun=1&rested=1"
    return page(request, "stop", study, language_for(study, request), take_url=take_url)


@require_safe
def picture(request: HttpRequest, pk: int, answered: int, place: str) -> HttpResponse:
    """A picture of a trial, or of the example of the instructions."""
    session = _session(request, pk)
    shown = place.removeprefix(_EXAMPLE)
    trial = session.example() if shown != place else session.trial(answered)
    if trial is None or shown not in PLACES:
        raise Http404
    try:
        path = display.display_file(trial, shown)
    except PictureError as error:
        raise Http404 from error
    response = HttpResponse(path.read_bytes(), content_type=display.CONTENT_TYPE)
    # A draft may change between two looks at it.
    response["Cache-Control"] = "private, no-store"
    return response


def _session(request: HttpRequest, pk: int) -> PreviewSession:
    study = visible_study(request, pk)
    try:
        return PreviewSession(study, language_for(study, request))
    except InputError as error:
        raise Http404(str(error)) from error


def _url(name: str, study: Study, answered: int) -> str:
    return reverse(f"studies:preview_{name}", args=[study.pk, answered])


def _pictures(study: Study, answered: int, prefix: str = "") -> dict[str, str]:
    return {
        place: reverse("studies:preview_picture", args=[study.pk, answered, f"{prefix}{place}"])
        for place in PLACES
    }


def _instructions(request: HttpRequest, session: PreviewSession) -> HttpResponse:
    study = session.study
    return instructions_page(
        request,
        session.participant,
        session.example(),
        pictures=_pictures(study, 0, _EXAMPLE),
        fetch_ahead=[],  # pictures of a preview are never kept
        begin_url=f"{_url('take', study, 0)}?begun=1",
        stop_url=_url("stop", study, 0),
    )


def _feedback(
    request: HttpRequest, session: PreviewSession, answered: int, trial: Trial
) -> HttpResponse:
    return feedback_page(
        request,
        session.participant,
        trial,
        request.POST.get("choice", ""),
        answered=answered + 1,
        pictures=_pictures(session.study, answered),
        fetch_ahead=[],
        take_url=_url("take", session.study, answered + 1),
        stop_url=_url("stop", session.study, answered + 1),
    )


def _page_after(
    request: HttpRequest, session: PreviewSession, answered: int, *, rested: bool
) -> HttpResponse:
    study = session.study
    addresses = {
        f"{name}_url": _url(name, study, answered) for name in ("vote", "unloadable", "stop")
    }
    if session.break_is_due(answered) and not rested:
        addresses["go_on_url"] = _url("go_on", study, answered)
        return page(
            request, "break", study, session.participant.language,
            participant=session.participant, answered=answered, **addresses,
        )  # fmt: skip
    trial = session.trial(answered)
    if trial is None:
        return page(
            request, "finish", study, session.participant.language,
            code=codes.code_for(study, "completed") or session.participant.code, return_url="",
        )  # fmt: skip
    pictures = _pictures(study, answered)
    return trial_page(
        request, session.participant, trial, answered=answered, pictures=pictures, **addresses
    )
