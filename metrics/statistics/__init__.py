"""The registry of base statistics. To add one, write its file and add its line here."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from common.lookup import find

if TYPE_CHECKING:
    from metrics.statistics.base import Statistic

STATISTICS = {
    "E": "metrics.statistics.effectiveness.Effectiveness",
    "C": "metrics.statistics.coherence.Coherence",
}
"""Key → class, imported when it is asked for."""


def statistic(key: str) -> type[Statistic]:
    """The class of a base statistic.

    Raises:
        InputError: there is none of that name.

    """
    module, _, name = find("statistic", key, STATISTICS).rpartition(".")
    found: type[Statistic] = getattr(import_module(module), name)
    return found
