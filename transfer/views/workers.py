"""The page of the processes that make and measure stimuli."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from transfer.batches.worker_list import worker_states


@require_safe
def workers(request: HttpRequest) -> HttpResponse:
    """Every process that works or has ended in the last days."""
    states = worker_states()
    now = [one for one in states if one.state in ("working", "waiting")]
    context = {
        "now": now,
        "before": [one for one in states if one not in now],
        "per_hour": sum(one.per_hour or 0 for one in now),
    }
    return render(request, "transfer/workers.html", context)
