"""The home page."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from config.glossary import TERMS
from config.next_steps import next_steps
from config.overview import Overview
from config.reading import GUIDES
from metrics.report.demo_removal import demo_exists


def home(request: HttpRequest) -> HttpResponse:
    """Show counts of pictures, batches, studies and calibrations, and the next steps."""
    overview = Overview.now(request.user)
    steps = next_steps(overview, request.user)
    context = {"overview": overview, "steps": steps, "demo": demo_exists()}
    return render(request, "home.html", context)


def glossary(request: HttpRequest) -> HttpResponse:
    """Show the terms of the site and their meanings."""
    return render(request, "glossary.html", {"terms": TERMS, "guides": GUIDES})
