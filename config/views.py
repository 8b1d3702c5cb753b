"""The home page."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from config.next_steps import next_steps
from config.overview import Overview


def home(request: HttpRequest) -> HttpResponse:
    """Show counts of pictures, batches, studies and calibrations, and the next steps."""
    overview = Overview.now(request.user)
    steps = next_steps(overview, request.user)
    return render(request, "home.html", {"overview": overview, "steps": steps})
