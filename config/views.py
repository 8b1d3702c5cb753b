"""The home page: the state of everything, one card per room."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from common.rate_limit import LOGIN
from config.overview import Overview


def home(request: HttpRequest) -> HttpResponse:
    """Pictures, batches, studies and calibrations at a glance."""
    return render(request, "home.html", {"overview": Overview.now(request.user)})


class Login(LoginView):
    """The login page. Guessing at an account ends after some attempts, for a while."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Count the attempt before anything is compared."""
        if LOGIN.allows(request.POST.get("username", "").strip().lower()):
            return super().post(request, *args, **kwargs)
        return HttpResponse(
            f"Too many attempts at this account: try again in {LOGIN.seconds // 60} minutes.",
            status=429,
            content_type="text/plain; charset=utf-8",
        )
