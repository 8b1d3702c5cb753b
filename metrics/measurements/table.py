"""Measurements as a table: the columns of STATISTICS.csv."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from django.db.models import Count, Max, QuerySet

from common.errors import InputError
from metrics.models import Measurement
from metrics.statistics import STATISTICS, statistic
from transfer.models import Picture, Stimulus

if TYPE_CHECKING:
    import pandas as pd

WEIGHTS = ("style_weight", "alpha", "weight")
"""Parameters that say how much style is asked for, the first that a stimulus has. Weights of
different methods are not on one scale."""


def columns() -> list[str]:
    """The columns of STATISTICS.csv: those of E and C, and of whatever else is registered."""
    return [
        *("stimulus", "method", "content", "style"),
        *_numbers(),
        "weight",
        *(f"instrument_{key}" for key in STATISTICS),
    ]


def instruments(stimuli: QuerySet[Stimulus], key: str) -> dict[str, int]:
    """The instruments of a statistic (E, C) that measured some of `stimuli`, and how many each.

    The one that measured most comes first; of equals the one that measured last.
    """
    counted = (
        Measurement.objects.filter(
            stimulus__in=stimuli.order_by(), statistic__in=statistic(key).names
        )
        .order_by()
        .values("instrument")
        .annotate(stimuli=Count("stimulus", distinct=True), last=Max("pk"))
        .order_by("-stimuli", "-last")
    )
    return {row["instrument"]: row["stimuli"] for row in counted}


def usual_instruments(stimuli: QuerySet[Stimulus]) -> dict[str, str]:
    """For each statistic the instrument that comes first in `instruments`, where there is one.

    A page that nobody told which instruments to show may show these, and must name them.
    """
    found = {key: next(iter(instruments(stimuli, key)), None) for key in STATISTICS}
    return {key: name for key, name in found.items() if name is not None}


def statistics_frame(
    stimuli: QuerySet[Stimulus], instrument: Mapping[str, str] | None = None
) -> pd.DataFrame:
    """One row per stimulus, in the columns of STATISTICS.csv.

    Numbers of different instruments are never mixed. A number that is not there is NaN. E of a
    stimulus of several styles is the mean over its styles, which are joined by ` + `. Pictures are
    told by name, and by the start of their SHA-256 as well where two of them share one.

    Args:
        stimuli: done or not.
        instrument: statistic (E, C) → the instrument to take; may be left out for a statistic
            that one instrument only has measured.

    Raises:
        InputError: an instrument that measured none of the stimuli; or none was named and there
            are several.

    """
    import pandas as pd

    wanted = instrument or {}
    chosen = {key: _choose(stimuli, key, wanted.get(key)) for key in STATISTICS}
    values = {key: _values(stimuli, key, name) for key, name in chosen.items() if name}
    rows = list(stimuli.select_related("content"))
    styles = _styles(stimuli)
    titles = _titles([row.content for row in rows]) | _titles(
        style for several in styles.values() for style in several
    )
    return pd.DataFrame(
        [
            _row(row, [titles[style.pk] for style in styles[row.pk]], titles, values, chosen)
            for row in rows
        ],
        columns=columns(),
    ).astype(dict.fromkeys(["weight", *_numbers()], float))


def _numbers() -> list[str]:
    return [name for key in STATISTICS for name in statistic(key).names]


def _row(
    stimulus: Stimulus,
    styles: list[str],
    titles: dict[int, str],
    values: dict[str, dict[int, dict[str, float]]],
    chosen: dict[str, str | None],
) -> dict[str, Any]:
    row: dict[str, Any] = {
        "stimulus": stimulus.public_id.hex,
        "method": stimulus.method,
        "content": titles[stimulus.content_id],
        "style": " + ".join(styles),
        "weight": _weight(stimulus),
    }
    for key, measured in values.items():
        numbers = measured.get(stimulus.pk)
        if numbers is not None:
            row |= numbers | {f"instrument_{key}": chosen[key]}
    return row


def _choose(stimuli: QuerySet[Stimulus], key: str, wanted: str | None) -> str | None:
    there = instruments(stimuli, key)
    if wanted is None and len(there) <= 1:
        return next(iter(there), None)
    if wanted in there:
        return wanted
    what = (
        f"several instruments measured {key}" if wanted is None else f"'{wanted}' measured no {key}"
    )
    listed = ", ".join(f"'{name}' ({count} stimuli)" for name, count in there.items())
    raise InputError(f"{what} of these stimuli: choose one of {listed or 'none, measure first'}")


def _values(stimuli: QuerySet[Stimulus], key: str, instrument: str) -> dict[int, dict[str, float]]:
    """Stimulus → name → mean over its references; NaN where one of them has no number."""
    numbers: dict[int, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for stimulus, name, value in Measurement.objects.filter(
        stimulus__in=stimuli.order_by(), statistic__in=statistic(key).names, instrument=instrument
    ).values_list("stimulus_id", "statistic", "value"):
        numbers[stimulus][name].append(float("nan") if value is None else value)
    return {
        stimulus: {name: sum(each) / len(each) for name, each in by_name.items()}
        for stimulus, by_name in numbers.items()
    }


def _styles(stimuli: QuerySet[Stimulus]) -> dict[int, list[Picture]]:
    """Stimulus → its styles in the order in which they were given."""
    styles: dict[int, list[Picture]] = defaultdict(list)
    links = Stimulus.styles.through.objects.filter(stimulus__in=stimuli.order_by())
    for link in links.select_related("picture").order_by("pk"):
        styles[link.stimulus_id].append(link.picture)
    return styles


def _titles(pictures: Iterable[Picture]) -> dict[int, str]:
    """Picture → a name that no other picture of these has."""
    distinct = {picture.pk: picture for picture in pictures}
    shared = Counter(picture.name for picture in distinct.values())
    return {
        pk: picture.name if shared[picture.name] == 1 else f"{picture.name} {picture.sha256[:8]}"
        for pk, picture in distinct.items()
    }


def _weight(stimulus: Stimulus) -> float | None:
    for name in WEIGHTS:
        value = stimulus.parameters.get(name)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return float(value)
    return None
