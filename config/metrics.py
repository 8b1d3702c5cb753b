"""Metrics for Prometheus at `/metrics`: the ledger, the workers, and how long votes take.

Off unless METRICS_TOKEN is set; the scraper sends it as a bearer token. The ledger is read from the
database at each scrape, so every process of the site gives the same numbers. The times of votes are
those of all processes where PROMETHEUS_MULTIPROC_DIR names a folder, otherwise of the process that
answers.
"""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Callable, Iterator
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db.models import Sum
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Histogram, generate_latest
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from transfer.batches.measuring_provider import provider
from transfer.batches.worker_list import images_of_the_last_hour
from transfer.models import Stimulus, WorkerProcess
from transfer.models.ledger import Ledger

VOTE = "studies:vote"
_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
_OWN = CollectorRegistry()
_VOTES = Histogram(
    "ecspace_vote_seconds",
    "Time from the arrival of a vote to its answer",
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
    registry=_OWN,
)


class VoteTimer:
    """Middleware that measures requests that vote, where metrics are asked for."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        """Keep the next layer."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Pass the request on, and note the time if it was a vote."""
        start = time.perf_counter()
        response = self.get_response(request)
        match = request.resolver_match
        if settings.METRICS_TOKEN and match is not None and match.view_name == VOTE:
            _VOTES.observe(time.perf_counter() - start)
        return response


@login_not_required
@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """All metrics as text. Without the token the page does not exist."""
    given = request.headers.get("Authorization", "")
    wanted = f"Bearer {settings.METRICS_TOKEN}"
    if not settings.METRICS_TOKEN or not secrets.compare_digest(given.encode(), wanted.encode()):
        raise Http404
    registry = CollectorRegistry()
    registry.register(_Ledgers())
    if os.environ.get(_FOLDER):
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        text = generate_latest(registry)
    else:
        text = generate_latest(registry) + generate_latest(_OWN)
    return HttpResponse(text, content_type=CONTENT_TYPE_LATEST)


class _Ledgers(Collector):
    """Reads the ledger and the table of workers."""

    def collect(self) -> Iterator[Metric]:
        """The metrics of this moment."""
        rows = GaugeMetricFamily(
            "ecspace_rows", "Rows of the ledger by state", labels=("kind", "state")
        )
        expired = GaugeMetricFamily(
            "ecspace_expired_leases", "Running rows whose lease has expired", labels=("kind",)
        )
        for kind, ledger in _ledgers():
            progress = ledger.progress()
            for state in ("pending", "running", "done", "failed"):
                rows.add_metric((kind, state), getattr(progress, state))
            expired.add_metric((kind,), ledger.expired().count())
        yield rows
        yield expired
        taken = WorkerProcess.objects.aggregate(total=Sum("reaped"))["total"] or 0
        yield CounterMetricFamily(
            "ecspace_rows_taken_back", "Rows taken back from lost workers, last 7 days", value=taken
        )
        yield GaugeMetricFamily(
            "ecspace_images_last_hour", "Stimuli made in the last hour",
            value=sum(images_of_the_last_hour().values()),
        )  # fmt: skip
        yield GaugeMetricFamily(
            "ecspace_workers",
            "Processes that work or wait",
            value=len(WorkerProcess.objects.alive()),
        )


def _ledgers() -> list[tuple[str, Ledger[Any]]]:
    found: list[tuple[str, Ledger[Any]]] = [("stimuli", Stimulus.objects.all())]
    if (measuring := provider()) is not None:
        found.append(("measurements", measuring.rows()))
    return found
