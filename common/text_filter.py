"""Refuses requests with characters that no database stores: NUL, and halves of surrogate pairs.

PostgreSQL takes no NUL in text, and UTF-8 has no form for a single surrogate. The check is made
here, so no view needs one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from itertools import chain
from typing import Any

from django.http import HttpRequest, HttpResponse

_REFUSED = re.compile("[\0\ud800-\udfff]")
_ENCODINGS = {None, "utf-8", "utf8"}


class TextFilter:
    """Middleware: answers 400 if the URL, a cookie or a field of a form holds such text.

    It must come after the CSRF check, which parses forms.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Check the URL and the cookies, which need no parsing of the body."""
        encoding = request.encoding and request.encoding.lower()
        cookies = chain.from_iterable(request.COOKIES.items())
        if encoding not in _ENCODINGS or _any_refused([request.path_info, *cookies]):
            return _refusal()
        if _any_refused(_texts(request.GET.lists())):
            return _refusal()
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_: Any) -> HttpResponse | None:
        """Check the fields of a form."""
        if request.method == "POST" and _any_refused(_texts(request.POST.lists())):
            return _refusal()
        return None


def _texts(lists: Iterable[tuple[str, list[str]]]) -> Iterable[str]:
    for name, values in lists:
        yield name
        yield from values


def _any_refused(texts: Iterable[str]) -> bool:
    return any(_REFUSED.search(text) for text in texts)


def _refusal() -> HttpResponse:
    return HttpResponse(
        "This request holds characters that cannot be stored (NUL or a single surrogate): "
        "remove them.",
        status=400,
        content_type="text/plain; charset=utf-8",
    )
