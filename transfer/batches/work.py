"""The ledgers that workers work on: stimuli, and the measurements and reports of an app above."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from transfer.batches.measuring_provider import provider
from transfer.batches.tasks import make_and_follow
from transfer.models import Stimulus
from transfer.models.ledger import Ledger

REPORTS = "reports"
"""Written into the data folder of the site, so only workers that share it may do that."""


@dataclass(frozen=True)
class Work:
    """A ledger of rows that a worker works on.

    Attributes:
        noun: what its rows are, for messages.
        rows: all rows.
        do: claims the waiting ones of one chunk, works on them and gives their number.

    """

    noun: str
    rows: Callable[[], Ledger[Any]]
    do: Callable[[Ledger[Any]], int]


def all_work() -> list[Work]:
    """The ledgers in the order in which they are worked on."""
    found = [Work("stimuli", Stimulus.objects.all, make_and_follow)]
    if (measuring := provider()) is not None:
        found.append(Work("measurements", measuring.rows, measuring.work))
        found.append(Work(REPORTS, measuring.report_rows, measuring.write_reports))
    return found
