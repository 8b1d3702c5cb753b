from __future__ import annotations

from typing import TYPE_CHECKING

from django.apps import AppConfig

if TYPE_CHECKING:
    from collections.abc import Collection


class MetricsConfig(AppConfig):
    """Measures stimuli, calibrates the measures on votes, and draws the EC space."""

    name = "metrics"

    def ready(self) -> None:
        """Give studies access to measured statistics and published coefficients."""
        # Modules with tables can be imported only once every app is loaded.
        from studies.planning.statistics_provider import StatisticsProvider, register

        register(StatisticsProvider(_statistics_of, _coefficients_of))


def _statistics_of(stimuli: Collection[int], target: str) -> dict[str, dict[int, float]]:
    # Imports pandas, which is slow to load and not needed at start-up.
    from metrics.measurements.for_studies import statistics_of

    return statistics_of(stimuli, target)


def _coefficients_of(target: str) -> dict[str, float]:
    from metrics.measurements.for_studies import published_coefficients

    return published_coefficients(target)
