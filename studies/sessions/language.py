"""In which language somebody takes part. Every participant's page is made by `page`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.utils.translation import get_language_from_request, gettext_lazy, override

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from studies.models import Study


def language_for(study: Study, request: HttpRequest) -> str:
    """The study's language, or else the first one of the browser's that we have."""
    return study.language or get_language_from_request(request)


def page(
    request: HttpRequest, name: str, study: Study, language: str, **context: Any
) -> HttpResponse:
    """The template studies/`name`.html in a language; none of ours: in English."""
    language = language or settings.LANGUAGE_CODE
    # A title of the study's own has no translation and stays as it is.
    context |= {"study": study, "title": gettext_lazy(study.title)}
    with override(language):
        response = render(request, f"studies/{name}.html", context)
    response["Content-Language"] = language
    patch_vary_headers(response, ("Accept-Language",))
    return response
