"""The home page: the state of everything, one line per room."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def home(request: HttpRequest) -> HttpResponse:
    """Pictures, batches, studies and calibrations at a glance."""
    return render(request, "home.html")
