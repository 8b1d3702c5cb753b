"""The source of measured statistics and published coefficients, registered by another app.

Studies do not import metrics. `metrics` registers its functions when Django starts; they are called
when a study opens, and by the planner. Without a provider nothing counts as measured.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any, NamedTuple

from django.apps import apps

from common.errors import InputError


class Detection(NamedTuple):
    """Whether the votes of a study tell two statistics apart."""

    power: float
    """The probability that the planned participants are enough; 0 … 1."""
    participants: int | None
    """The number that has the power asked for; None where the stimuli are too few for any."""
    votes: int | None
    """Of these participants."""


class LikenessHere(NamedTuple):
    """How much votes of a study resemble each other."""

    people: float
    """Correlation of the difference of two statistics between votes of one person; 0 … 0.99."""
    stimuli: float
    """The same between votes on one stimulus."""
    study: str
    """Its name."""
    votes: int
    """How many people gave."""


class StatisticsProvider(NamedTuple):
    """Functions of the app that measures stimuli. `target` is E or C."""

    statistics_of: Callable[[Collection[int], str], dict[str, dict[int, float]]]
    """(primary keys of stimuli, target) → term → stimulus → value; missing values are left out."""
    coefficients_of: Callable[[str], dict[str, float]]
    """target → term → coefficient of the published model."""
    detection_of: Callable[..., Detection] | None = None
    """As the function `detection_of`; None if no app judges statistics."""
    likeness_of: Callable[[Any], LikenessHere | None] | None = None
    """user → correlations in a study that they may see; None where no study says enough."""


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


def detection_of(participants: int, power: float, **asked: float) -> Detection:
    """Whether votes tell two statistics apart.

    Args:
        participants: of the planned study.
        power: the probability that is asked for, 0 < power < 1.
        asked: difference, discordance, people_correlation, stimuli_correlation, each a share; votes
            of one participant, stimuli and statistics, which are counts.

    Raises:
        InputError: numbers that contradict each other, or no app judges statistics.

    """
    provider = _config().statistics_provider
    if provider is None or provider.detection_of is None:
        raise InputError("no installed app judges statistics: add one to INSTALLED_APPS")
    detection: Detection = provider.detection_of(participants, power, **asked)
    return detection


def likeness_of(user: Any) -> LikenessHere | None:
    """Correlations between votes of a study that `user` may see.

    None where no study has enough votes, or no app judges statistics.
    """
    provider = _config().statistics_provider
    if provider is None or provider.likeness_of is None:
        return None
    found: LikenessHere | None = provider.likeness_of(user)
    return found


def _config() -> Any:
    return apps.get_app_config("studies")
