from __future__ import annotations

from typing import TYPE_CHECKING

from django.apps import AppConfig

if TYPE_CHECKING:
    from studies.planning.statistics_provider import StatisticsProvider


class StudiesConfig(AppConfig):
    """Asks people which of two stimuli carries the style, or keeps the content, better."""

    name = "studies"
    statistics_provider: StatisticsProvider | None = None
    """Set by studies.planning.statistics_provider.register."""
