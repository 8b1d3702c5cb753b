"""The API as URLs: its operations, its answers to errors, and its OpenAPI document."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern
from ninja import NinjaAPI

from common.errors import InputError
from config.api import measurements, scores, studies
from config.api.authentication import Token, TooManyRequestsError

VERSION = "1"

api = NinjaAPI(
    title="EC Space",
    version=VERSION,
    description="Reads studies, votes, measurements and scores. See docs/api.md.",
    urls_namespace="api",
    auth=Token(),
    docs_url=None,  # its page would load scripts from other sites
)
api.add_router("", studies.router)
api.add_router("", measurements.router)
api.add_router("", scores.router)


@api.exception_handler(InputError)
def bad_input(request: HttpRequest, error: InputError) -> HttpResponse:
    """What was asked for cannot be computed, for a reason that the error names."""
    return api.create_response(request, {"detail": str(error)}, status=400)


@api.exception_handler(TooManyRequestsError)
def too_many(request: HttpRequest, error: TooManyRequestsError) -> HttpResponse:
    """More requests than the limit."""
    response = api.create_response(request, {"detail": str(error)}, status=429)
    response["Retry-After"] = str(error.seconds)
    return response


def urls() -> tuple[list[Any], str, str]:
    """The URLs of the API. They ask for a token, and so not for a login."""
    patterns, app, namespace = api.urls
    for pattern in patterns:
        assert isinstance(pattern, URLPattern)
        pattern.callback.login_required = False  # type: ignore[attr-defined]
    return patterns, app, namespace
