"""The planner page: sample size, expected errors and power of a study."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from studies.forms.planner import PlannerForm
from studies.forms.referee_power import RefereePowerForm
from studies.planning.statistics_provider import likeness_of


@require_safe
def planner(request: HttpRequest) -> HttpResponse:
    """Pairs, participants, minutes, cost, errors and power for the parameters of the address."""
    form = PlannerForm(request.GET, request.user)
    workload = form.workload if form.is_valid() else None
    referee = RefereePowerForm(request.GET, workload, likeness_of(request.user))
    return render(request, "studies/planner.html", {"form": form, "referee": referee})
