"""The login page. It limits attempts at an account and the time spent on hashing passwords.

IP addresses are neither read nor stored. Answers do not depend on whether an account exists:
attempts at unknown names are counted, and hashed for, like those at known ones.

A browser that has logged in before has a count of its own (OWASP, Authentication Cheat Sheet,
device cookies), so that attempts by strangers cannot keep the account's owner out.
"""

from __future__ import annotations

import secrets
import threading
import unicodedata
from typing import Any

from django.conf import settings
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from common.shared_limit import SharedLimit

ATTEMPTS = SharedLimit("login", most=20, seconds=900)
"""Attempts at one account; a browser that has logged in to it before may make as many again."""
HASHES = SharedLimit("hashes", most=5, seconds=5)
"""Passwords hashed for all visitors together: a hash takes a third of a second of processor time.
A process hashes one at a time."""
KNOWN_HASHES = SharedLimit("known hashes", most=5, seconds=5)
"""Passwords hashed for browsers that logged in before."""
_COOKIE = "known-browser"
_SALT = "config.login"
_REMEMBERED = 365 * 24 * 3600


class Login(LoginView):
    """The login page."""

    hashing = threading.Lock()
    """Held while this process hashes a password, so that its other threads stay free for
    participants."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Count the attempt before the password is compared."""
        account = account_of(request.POST.get("username", ""))
        browser = _browser(request, account)
        if not ATTEMPTS.has_room(account + browser):
            return _wait(ATTEMPTS, "Too many attempts at this account: try again in 15 minutes.")
        budget = KNOWN_HASHES if browser else HASHES
        if not self.hashing.acquire(blocking=False):
            return _wait(budget, "Too many attempts at this moment: try again in some seconds.")
        try:
            if not budget.allows(""):
                return _wait(budget, "Too many attempts at this moment: try again in some seconds.")
            if not ATTEMPTS.allows(account + browser):
                return _wait(ATTEMPTS, "Too many attempts at this account: try again later.")
            return super().post(request, *args, **kwargs)
        finally:
            self.hashing.release()

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        """Mark the browser as one that has logged in."""
        response = super().form_valid(form)
        account = account_of(form.get_user().get_username())
        browser = _browser(self.request, account) or f":{secrets.token_hex(16)}"
        response.set_signed_cookie(
            _COOKIE,
            account + browser,
            salt=_SALT,
            max_age=_REMEMBERED,
            path=reverse("login"),
            httponly=True,
            samesite="Lax",
            secure=settings.SESSION_COOKIE_SECURE,
        )
        return response


def account_of(name: str) -> str:
    """The key that attempts at a name are counted under: one for all its spellings."""
    return unicodedata.normalize("NFKC", name).strip().casefold()


def _browser(request: HttpRequest, account: str) -> str:
    """The part of the cookie that identifies this browser; empty for another account."""
    cookie = request.get_signed_cookie(_COOKIE, default="", salt=_SALT, max_age=_REMEMBERED)
    known, separator, browser = (cookie or "").rpartition(":")
    return separator + browser if separator and known == account else ""


def _wait(limit: SharedLimit, text: str) -> HttpResponse:
    response = HttpResponse(text, status=429, content_type="text/plain; charset=utf-8")
    response["Retry-After"] = str(limit.seconds)
    return response
