"""The source of measured statistics and published coefficients, registered by another app.

Studies do not import metrics. `metrics` registers its functions when Django starts; they are called
when a study opens, and by the planner. Without a provider nothing counts as measured.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any, NamedTuple

from django.apps import apps

from common.errors import InputError


class StatisticsProvider(NamedTuple):
    """Functions of the app that measures stimuli. `target` is E or C."""

    statistics_of: Callable[[Collection[int], str], dict[str, dict[int, float]]]
    """(primary keys of stimuli, target) → term → stimulus → value; missing values are left out."""
    coefficients_of: Callable[[str], dict[str, float]]
    """target → term → coefficient of the published model."""


def register(provider: StatisticsProvider) -> None:
    """Use a provider from now on, in place of any earlier one."""
    _config().statistics_provider = provider


def statistics_of(stimuli: Collection[int], target: str) -> dict[str, dict[int, float]]:
    """The terms that a calibration of the target may choose from: term → stimulus → value."""
    provider = _config().statistics_provider
    return dict(provider.statistics_of(stimuli, target)) if provider else {}


def coefficients_of(target: str) -> dict[str, float]:
    """The published model of the target: term → coefficient.

    Raises:
        InputError: no provider is registered.

    """
    if (provider := _config().statistics_provider) is None:
        raise InputError("no installed app publishes coefficients: add one to INSTALLED_APPS")
    return dict(provider.coefficients_of(target))


def _config() -> Any:
    return apps.get_app_config("studies")
