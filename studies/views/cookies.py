"""The page for participants whose browser sends no cookies, or outdated ones."""

from __future__ import annotations

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, resolve
from django.views.csrf import csrf_failure as default_page

from studies.models import Study
from studies.models.tokens import simulated_entry
from studies.sessions.next_trial import find_session
from studies.views.participant import language_for, page


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The response to a form whose CSRF token is missing or wrong (Django's CSRF_FAILURE_VIEW).

    Participants get a page in their language that says what to do, others Django's own page.
    """
    try:
        found = resolve(request.path_info)
    except Resolver404:
        return default_page(request, reason=reason)
    token = found.kwargs.get("token", "")
    if found.view_name == "studies:enter":
        entry = simulated_entry(token) or token
        study = Study.objects.filter(Q(entry_token=entry) | Q(pilot_token=entry)).first()
        if study is not None:
            return _refused(request, study, request.get_full_path())
    elif found.app_name == "studies" and token and (session := find_session(token)) is not None:
        again_url = session.participant.take_url
        return _refused(request, session.participant.study, again_url, session.participant.language)
    return default_page(request, reason=reason)


def _refused(
    request: HttpRequest, study: Study, again_url: str, language: str = ""
) -> HttpResponse:
    language = language or language_for(study, request)
    response = page(request, "exit", study, language, ending="refused", again_url=again_url)
    response.status_code = 403
    return response
