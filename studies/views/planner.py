"""The planner page: sample size and expected errors of a study."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from studies.forms.planner import PlannerForm


@require_safe
def planner(request: HttpRequest) -> HttpResponse:
    """Pairs, participants, minutes, cost and errors for the parameters of the address."""
    return render(request, "studies/planner.html", {"form": PlannerForm(request.GET, request.user)})
