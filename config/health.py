"""Whether this process is well (`/healthz`) and can answer visitors (`/readyz`), for monitors.

Both need no login and say nothing about studies or people. Status 200: yes; 503: no.
"""

from __future__ import annotations

import shutil
import time
from datetime import datetime

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from transfer.models import Stimulus, WorkerProcess

LEAST_FREE = 500 * 1024 * 1024
"""Bytes that must be free on the disk of the data folder: votes and pictures need room."""


@login_not_required
@never_cache
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """The database, the age of the queue, and the disk."""
    found = {"database": _database(), "disk": _disk()}
    well = all(part["ok"] for part in found.values())
    queue = _queue() if found["database"]["ok"] else {}
    return JsonResponse({"ok": well, **found, "queue": queue}, status=200 if well else 503)


@login_not_required
@never_cache
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """Whether the database answers and has the tables of this version."""
    reason = ""
    try:
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            reason = "the database is not migrated"
    except DatabaseError:
        reason = "the database does not answer"
    return JsonResponse({"ok": not reason, "reason": reason}, status=503 if reason else 200)


def _database() -> dict[str, object]:
    start = time.perf_counter()
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return {"ok": False}
    return {"ok": True, "milliseconds": round(1000 * (time.perf_counter() - start), 1)}


def _disk() -> dict[str, object]:
    try:
        free = shutil.disk_usage(settings.DATA_DIR).free
    except OSError:
        return {"ok": False}
    return {"ok": free >= LEAST_FREE, "free_bytes": free}


def _queue() -> dict[str, object]:
    """The stimuli that wait; a long queue is no fault of this process."""
    try:
        waiting = Stimulus.objects.filter(state=Stimulus.State.PENDING)
        oldest = waiting.order_by("batch", "chunk").values_list("created_at", flat=True).first()
        return {
            "oldest_seconds": _age(oldest),
            "workers": len(WorkerProcess.objects.alive()),
        }
    except DatabaseError:  # not migrated
        return {}


def _age(since: datetime | None) -> int:
    return round((timezone.now() - since).total_seconds()) if since else 0
