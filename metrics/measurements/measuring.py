"""Measuring the stimuli of a batch: only what is missing, each number kept as soon as it is known.

So it may be stopped at any time, and the same call goes on where it stopped.
"""

from __future__ import annotations

import hashlib
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from django.conf import settings

from common.errors import InputError, StorageError
from common.lookup import unknown
from metrics.models import Measurement, sample_of
from metrics.statistics.base import Collection, Progress, Statistic
from transfer.models import Batch, Picture, Stimulus


@dataclass
class Outcome:
    """What measuring one statistic of a batch came to.

    Attributes:
        measured: pairs of stimulus and reference that were measured now.
        known: pairs that had been measured under the same instrument before.
        unmade: stimuli of the batch that are not done, and wait for a later run.
        seconds: spent on those that were measured now.
        failures: stimulus and reason, for every pair that cannot be measured.

    """

    measured: int = 0
    known: int = 0
    unmade: int = 0
    seconds: float = 0.0
    failures: list[tuple[str, str]] = field(default_factory=list)

    @property
    def seconds_each(self) -> float:
        """Seconds per picture, 0 where none was measured."""
        return self.seconds / self.measured if self.measured else 0.0


def batch_named(name: str) -> Batch:
    """The batch of that name.

    Raises:
        InputError: there is none.

    """
    batch = Batch.objects.filter(name=name).first()
    if batch is None:
        raise InputError(unknown("batch", name, Batch.objects.values_list("name", flat=True)[:10]))
    return batch


def collection_of(batch: Batch) -> Collection:
    """The content pictures and the usual width of a batch.

    Raises:
        InputError: no stimulus is done, so that there is nothing to measure.

    """
    contents = Picture.objects.filter(pk__in=batch.stimuli.values("content")).order_by("sha256")
    done = batch.stimuli.filter(state=Stimulus.State.DONE)
    widths = Counter(width for width in done.values_list("width", flat=True) if width is not None)
    if not widths:
        raise InputError(
            f"no stimulus of batch '{batch.name}' is done: make them with manage.py generate"
        )
    digest = hashlib.sha256("|".join(picture.sha256 for picture in contents).encode())
    return Collection(
        contents=[picture.path for picture in contents],
        fingerprint=digest.hexdigest(),
        # Of equally common widths the smaller, so that nothing is enlarged for the basis.
        width=max(sorted(widths), key=lambda width: widths[width]),
        cache=Path(settings.DATA_DIR) / "cache",
    )


def measure(batch: Batch, statistic: Statistic, progress: Progress) -> Outcome:
    """Measure every done stimulus of `batch` that lacks this statistic under its instrument.

    A stimulus that cannot be measured does no harm to the others and is tried again next time.
    """
    outcome = Outcome(unmade=batch.stimuli.exclude(state=Stimulus.State.DONE).count())
    missing = list(_missing(batch, statistic, outcome))
    for done, (stimulus, reference) in enumerate(missing, start=1):
        start = time.perf_counter()
        try:
            Measurement.objects.get_or_measure(statistic, stimulus, reference)
        except StorageError:  # the next one could not be stored, either
            raise
        except InputError as error:
            outcome.failures.append((_label(stimulus), " ".join(str(error).split())))
        else:
            outcome.measured += 1
            outcome.seconds += time.perf_counter() - start
        progress(statistic.key, done, len(missing))
    return outcome


def _missing(
    batch: Batch, statistic: Statistic, outcome: Outcome
) -> Iterator[tuple[Stimulus, Picture]]:
    """Pairs to measure, by reference: the work on a reference is then shared."""
    there = Counter(
        Measurement.objects.filter(stimulus__batch=batch, statistic__in=statistic.names)
        .order_by()
        .values_list("stimulus_id", "reference_id", "instrument")
    )
    for stimulus, reference in _pairs(batch, statistic):
        try:
            instrument = statistic.instrument(sample_of(stimulus, reference))
        except InputError as error:
            outcome.failures.append((_label(stimulus), " ".join(str(error).split())))
            continue
        if there[stimulus.pk, reference.pk, instrument] == len(statistic.names):
            outcome.known += 1
        else:
            yield stimulus, reference


def _pairs(batch: Batch, statistic: Statistic) -> list[tuple[Stimulus, Picture]]:
    done = batch.stimuli.filter(state=Stimulus.State.DONE).select_related("content")
    if statistic.reference == "content":
        pairs = [(stimulus, stimulus.content) for stimulus in done]
    else:
        pairs = [
            (stimulus, style)
            for stimulus in done.prefetch_related("styles")
            for style in stimulus.styles.all()
        ]
    return sorted(pairs, key=lambda pair: (pair[1].pk, pair[0].width or 0, pair[0].pk))


def _label(stimulus: Stimulus) -> str:
    return f"{stimulus.method} on {stimulus.content.name} ({stimulus.public_id.hex[:8]})"
