"""Read measurements as a table with the columns of STATISTICS.csv."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd
from django.db.models import Count, Max, QuerySet

from common.errors import InputError
from metrics.models import Measurement
from metrics.statistics import STATISTICS, every_statistic, statistic
from metrics.statistics.base import shared_name
from transfer.models import Picture, Stimulus

WEIGHTS = ("style_weight", "alpha", "weight")
"""Parameters that set the amount of style; of these a stimulus' first one is its weight. Weights
of different methods are not comparable."""


def columns() -> list[str]:
    """The columns of STATISTICS.csv, with the numbers of all registered statistics."""
    return [
        *("stimulus", "method", "content", "style"),
        *_numbers(),
        "weight",
        *(f"instrument_{key}" for key in STATISTICS),
    ]


def instruments(stimuli: QuerySet[Stimulus], key: str) -> dict[str, int]:
    """The instruments of a statistic (E, C): name → how many of `stimuli` it has measured.

    The instrument with most stimuli comes first; of equals, the one that was used last. Names do
    not hold the annotations of the contents, and measurements against replaced annotations do not
    count. The numbers of a statistic are stored together, so counting the first one is enough.
    """
    rows = (
        Measurement.objects.filter(
            stimulus__in=stimuli.order_by(), statistic=statistic(key).names[0]
        )
        .current()
        .order_by()
        .values("instrument")
        .annotate(stimuli=Count("stimulus", distinct=True), last=Max("pk"))
    )
    counts: dict[str, int] = defaultdict(int)
    last: dict[str, int] = defaultdict(int)
    for row in rows:  # one row for each annotation of the contents
        name = shared_name(row["instrument"])
        counts[name] += row["stimuli"]
        last[name] = max(last[name], row["last"])
    order = sorted(counts, key=lambda name: (counts[name], last[name]), reverse=True)
    return {name: counts[name] for name in order}


def usual_instruments(stimuli: QuerySet[Stimulus]) -> dict[str, str]:
    """Statistic → the first of its `instruments`; statistics without measurements are left out.

    The default choice of pages, which must name the instruments that they show.
    """
    found = {key: next(iter(instruments(stimuli, key)), None) for key in STATISTICS}
    return {key: name for key, name in found.items() if name is not None}


def other_instruments(stimuli: QuerySet[Stimulus]) -> dict[str, str]:
    """The same for the statistics besides E and C."""
    keys = [key for key in every_statistic() if key not in STATISTICS]
    found = {key: next(iter(instruments(stimuli, key)), None) for key in keys}
    return {key: name for key, name in found.items() if name is not None}


def statistics_frame(
    stimuli: QuerySet[Stimulus],
    instrument: Mapping[str, str] | None = None,
    further: Sequence[str] = (),
) -> pd.DataFrame:
    """One row per stimulus, in the columns of STATISTICS.csv.

    Each column holds numbers of one instrument only. A missing number is NaN. E of a stimulus
    with several styles is the mean over its styles, whose names are joined by ` + `. Pictures
    with the same name are distinguished by the first digits of their SHA-256.

    Args:
        stimuli: done or not.
        instrument: statistic (E, C) → instrument; may be left out for a statistic that a single
            instrument has measured.
        further: keys of other statistics than E and C, whose columns follow.

    Raises:
        InputError: an instrument that measured none of the stimuli; or several instruments, and
            none of them named.

    """
    wanted = instrument or {}
    chosen = {key: _choose(stimuli, key, wanted.get(key)) for key in (*STATISTICS, *further)}
    values = {key: _values(stimuli, key, name) for key, name in chosen.items() if name}
    rows = list(stimuli.select_related("content"))
    styles = _styles(stimuli)
    titles = _titles(row.content for row in rows if row.content) | _titles(
        style for several in styles.values() for style in several
    )
    numbers = [name for key in further for name in statistic(key).names]
    names = [*numbers, *(f"instrument_{key}" for key in further)]
    return pd.DataFrame(
        [
            _row(row, [titles[style.pk] for style in styles[row.pk]], titles, values, chosen)
            for row in rows
        ],
        columns=[*columns(), *names],
    ).astype(dict.fromkeys(["weight", *_numbers(), *numbers], float))


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
        "content": titles[stimulus.content_id] if stimulus.content_id else "",
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
    """Stimulus → name → mean over its references; NaN if one of them has no number."""
    numbers: dict[int, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    rows = (
        Measurement.objects.filter(
            stimulus__in=stimuli.order_by(), statistic__in=statistic(key).names
        )
        .by_instrument(instrument)
        .current()
    )
    for stimulus, name, value in rows.values_list("stimulus_id", "statistic", "value"):
        numbers[stimulus][name].append(float("nan") if value is None else value)
    return {
        stimulus: {name: sum(each) / len(each) for name, each in by_name.items()}
        for stimulus, by_name in numbers.items()
    }


def _styles(stimuli: QuerySet[Stimulus]) -> dict[int, list[Picture]]:
    """Stimulus → its styles in the order of the recipe."""
    styles: dict[int, list[Picture]] = defaultdict(list)
    links = Stimulus.styles.through.objects.filter(stimulus__in=stimuli.order_by())
    for link in links.select_related("picture").order_by("pk"):
        styles[link.stimulus_id].append(link.picture)
    return styles


def _titles(pictures: Iterable[Picture]) -> dict[int, str]:
    """Picture → a name that is unique among `pictures`."""
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
