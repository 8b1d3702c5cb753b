"""The registry of base statistics. To add one, write its file and add a line here."""

from __future__ import annotations

from common.lookup import find
from metrics.statistics.base import Statistic
from metrics.statistics.coherence import Coherence
from metrics.statistics.effectiveness import Effectiveness

STATISTICS: dict[str, type[Statistic]] = {
    "E": Effectiveness,
    "C": Coherence,
}
"""Key → declaration. Declarations load no heavy library: instruments do, when they are opened."""


def statistic(key: str) -> type[Statistic]:
    """The declaration of a base statistic.

    Raises:
        InputError: an unknown key.

    """
    return find("statistic", key, STATISTICS)
