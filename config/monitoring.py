"""The URLs for monitors: health of the site, and metrics."""

from __future__ import annotations

from django.urls import path

from config import health, metrics

urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", metrics.metrics, name="prometheus"),
]
