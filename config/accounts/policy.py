"""What each role may do: viewers change nothing, and some pages are for owners."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.utils.functional import SimpleLazyObject

from config.accounts.roles import Role, role_of

View = TypeVar("View", bound=Callable[..., Any])
SAFE = ("GET", "HEAD", "OPTIONS")
_MARK = "viewers_may"


def viewers_may(view: View) -> View:
    """Let viewers send the forms of a view, because these concern their own account only."""
    setattr(view, _MARK, True)
    return view


def owners_only(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Answer everybody but owners with 403."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if role_of(request.user) != Role.OWNER:
            raise PermissionDenied("This page is for owners of the installation.")
        return view(request, *args, **kwargs)

    return guarded


class ViewersChangeNothing:
    """Middleware: answers 403 to a request of a viewer that would change something.

    Views that need no login are left out: participants' sessions belong to a token, not an account.
    It must come after the check of the login and before any byte of the body is read.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass the request on: its view is not known yet."""
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Callable[..., Any], *_: Any) -> None:
        """Compare the role with what the view is for."""
        if request.method in SAFE or getattr(view, _MARK, False):
            return
        if getattr(view, "login_required", True) and role_of(request.user) == Role.VIEWER:
            raise PermissionDenied("Your account may view, and change nothing.")


def role(request: HttpRequest) -> dict[str, Any]:
    """The template variable `role`, which is looked up only where a page uses it."""
    return {"role": SimpleLazyObject(lambda: role_of(request.user) or "")}
