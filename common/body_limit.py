"""Limit the length of request bodies, by their Content-Length.

The check runs after that of the login and before any byte of the body is read, so a refused body
takes neither memory nor disk space.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from django.conf import settings
from django.http import HttpRequest, HttpResponse

LARGEST_FORM = 2 * 1024 * 1024
"""Bytes of a form without files, such as participants' forms, which need no login."""
_MARK = "takes_files"

View = TypeVar("View", bound=Callable[..., Any])


def takes_files(view: View) -> View:
    """Let a view take uploads of up to the setting LARGEST_UPLOAD, in bytes."""
    setattr(view, _MARK, True)
    return view


class BodyLimit:
    """Middleware: answers 413 to a request whose body is longer than its view takes.

    It must come after the check of the login and before the CSRF check, which parses forms.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass the request on: its view is not known yet."""
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], *_: Any
    ) -> HttpResponse | None:
        """Compare the announced length with what the view takes."""
        most = settings.LARGEST_UPLOAD if getattr(view, _MARK, False) else LARGEST_FORM
        if _announced(request) <= most:
            return None
        return HttpResponse(
            f"This is more than the {most // 1024 // 1024} MB that this page takes at once: send "
            "less, or in several parts.",
            status=413,
            content_type="text/plain; charset=utf-8",
        )


def _announced(request: HttpRequest) -> int:
    length = request.META.get("CONTENT_LENGTH") or "0"
    # Django reads nothing of a body whose length is not a number.
    return int(length) if length.isdigit() and len(length) < 20 else 0
