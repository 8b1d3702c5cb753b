"""The planner: how large a study has to be, before there is one."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from studies.forms.planner import PlannerForm


@require_safe
def planner(request: HttpRequest) -> HttpResponse:
    """Pairs, people, minutes, cost and errors for what the address asks."""
    return render(request, "studies/planner.html", {"form": PlannerForm(request.GET, request.user)})
