"""How transfer reaches the app that measures stimuli, which registers itself here.

Transfer imports nothing of metrics. `metrics` registers its functions when Django starts; workers,
pages and commands of transfer call them. Without a provider nothing is measured.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from django.apps import apps

from transfer.models import Batch, Stimulus
from transfer.models.ledger import Ledger


class MeasuringProvider(NamedTuple):
    """Functions of the app that measures stimuli."""

    request: Callable[[Batch, Any], None]
    """(batch, user): measure the stimuli of a batch when all of them are made."""
    batch_made: Callable[[Batch, bool], None]
    """(batch, enqueue): all stimuli of a batch have ended; start what was requested."""
    catch_up: Callable[[], None]
    """Start what was requested for batches whose last worker ended too early to do it."""
    measure_here: Callable[[Batch], None]
    """Measure a batch in this command, with progress on standard error."""
    summary: Callable[[Batch], Any]
    """What the page of a batch shows of its measurements."""
    rows: Callable[[], Ledger[Any]]
    """The measurements that are jobs."""
    work: Callable[[Ledger[Any]], int]
    """Claim and measure the waiting ones of one chunk of `rows`; gives their number."""
    stimulus_summary: Callable[[Stimulus, Any], Any]
    """(stimulus, user): what the page of a stimulus shows of its measurements, scores and votes."""
    batch_scores: Callable[[Batch, Any], dict[str, dict[str, float]]]
    """(batch, user): public id in hex → E and C score by the newest models that fit; empty if none
    does."""
    report_rows: Callable[[], Ledger[Any]]
    """The reports that are jobs."""
    write_reports: Callable[[Ledger[Any]], int]
    """Claim and write the waiting ones of one chunk of `report_rows`; gives their number."""


def register(provider: MeasuringProvider) -> None:
    """Use a provider from now on, in place of any earlier one."""
    _config().measuring_provider = provider


def provider() -> MeasuringProvider | None:
    """The provider that is registered."""
    found: MeasuringProvider | None = _config().measuring_provider
    return found


def _config() -> Any:
    return apps.get_app_config("transfer")
