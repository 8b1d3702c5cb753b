"""The home page."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from config.overview import Overview


def home(request: HttpRequest) -> HttpResponse:
    """Show counts of pictures, batches, studies and calibrations, and the next step."""
    return render(request, "home.html", {"overview": Overview.now(request.user)})
