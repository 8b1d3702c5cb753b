"""The home page: the state of everything, one card per room."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from config.overview import Overview


def home(request: HttpRequest) -> HttpResponse:
    """Pictures, batches, studies and calibrations at a glance."""
    return render(request, "home.html", {"overview": Overview.now(request.user)})
