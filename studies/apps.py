from __future__ import annotations

from typing import TYPE_CHECKING

from django.apps import AppConfig

if TYPE_CHECKING:
    from studies.exchange.further_files import Provider
    from studies.planning.statistics_provider import StatisticsProvider


class StudiesConfig(AppConfig):
    """Asks people which of two stimuli carries the style, or keeps the content, better."""

    name = "studies"
    statistics_provider: StatisticsProvider | None = None
    """Set by studies.planning.statistics_provider.register."""
    further_files: Provider | None = None
    """Set by studies.exchange.further_files.register."""

    def ready(self) -> None:
        """Add the two methods of `Study` that researchers' scripts call."""
        # Services import the tables, which can be imported only once every app is loaded.
        from studies.models import Study
        from studies.planning.opening import open_study, set_consent

        Study.add_to_class("open", open_study)
        Study.add_to_class("set_consent", set_consent)
