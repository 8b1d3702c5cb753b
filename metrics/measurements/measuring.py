"""Measure the stimuli of a batch that lack a base statistic.

Each number is stored as soon as it is measured, so an interrupted run can be repeated: it measures
only what is missing.
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
from common.media import media_path
from metrics.models import Measurement
from metrics.statistics.base import Collection, Instrument, ProgressCallback, Sample, Statistic
from transfer.models import Batch, Picture, Stimulus


@dataclass
class MeasuringResult:
    """The counts of one run of `measure`.

    Attributes:
        measured: pairs of stimulus and reference measured in this run.
        known: pairs measured under the same instrument before.
        unmade: stimuli of the batch that are not done.
        seconds: spent on the pairs measured in this run.
        failures: stimulus and reason, for each pair that cannot be measured.

    """

    measured: int = 0
    known: int = 0
    unmade: int = 0
    seconds: float = 0.0
    failures: list[tuple[str, str]] = field(default_factory=list)

    @property
    def seconds_each(self) -> float:
        """Seconds per measured pair; 0 if none was measured."""
        return self.seconds / self.measured if self.measured else 0.0


def batch_named(name: str) -> Batch:
    """The batch of that name.

    Raises:
        InputError: no batch has that name.

    """
    batch = Batch.objects.filter(name=name).first()
    if batch is None:
        raise InputError(unknown("batch", name, Batch.objects.values_list("name", flat=True)[:10]))
    return batch


def collection_of(batch: Batch) -> Collection:
    """The content pictures and the most frequent stimulus width of a batch.

    Raises:
        InputError: no stimulus is done.

    """
    contents = Picture.objects.filter(pk__in=batch.stimuli.values("content")).order_by("sha256")
    if not contents:  # pictures made from styles alone
        contents = Picture.objects.filter(role=Picture.Role.CONTENT).order_by("sha256")
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
        # Of equally frequent widths the smallest, so that no picture is enlarged for the basis.
        width=max(sorted(widths), key=lambda width: widths[width]),
        cache=Path(settings.DATA_DIR) / "cache",
    )


def measure(
    batch: Batch, statistic: type[Statistic], instrument: Instrument, progress: ProgressCallback
) -> MeasuringResult:
    """Measure each done stimulus of `batch` that lacks `statistic` under `instrument`.

    A stimulus that cannot be measured is listed among the failures; the others are still measured.
    """
    result = MeasuringResult(unmade=batch.stimuli.exclude(state=Stimulus.State.DONE).count())
    missing = list(_missing(batch, statistic, instrument, result))
    for done, (stimulus, reference) in enumerate(missing, start=1):
        start = time.perf_counter()
        try:
            get_or_measure(statistic, instrument, stimulus, reference)
        except StorageError:  # no further measurement could be stored
            raise
        except InputError as error:
            result.failures.append(_failure(stimulus, error))
        else:
            result.measured += 1
            result.seconds += time.perf_counter() - start
        progress(statistic.key, done, len(missing))
    return result


def get_or_measure(
    statistic: type[Statistic], instrument: Instrument, stimulus: Stimulus, reference: Picture
) -> dict[str, Measurement]:
    """The measurements of a stimulus by name; missing ones are measured and stored.

    If two processes measure the same stimulus at once, the numbers stored first are kept.

    Raises:
        InputError: the stimulus is not done, or its pictures cannot be measured.

    """
    sample = _sample(stimulus, reference)
    name = instrument.name(sample)
    rows = Measurement.objects.filter(
        stimulus=stimulus, reference=reference, instrument=name, statistic__in=statistic.names
    )
    if rows.count() < len(statistic.names):
        Measurement.objects.bulk_create(
            [
                Measurement(
                    stimulus=stimulus,
                    reference=reference,
                    statistic=number,
                    instrument=name,
                    value=value.value,
                    details=dict(value.details),
                )
                for number, value in instrument.measure(sample).items()
            ],
            ignore_conflicts=True,
        )
    return {row.statistic: row for row in rows.all()}


def _missing(
    batch: Batch, statistic: type[Statistic], instrument: Instrument, result: MeasuringResult
) -> Iterator[tuple[Stimulus, Picture]]:
    """The pairs to measure, sorted by reference, so that the work on a reference is shared."""
    stored = Counter(
        Measurement.objects.filter(stimulus__batch=batch, statistic__in=statistic.names)
        .order_by()
        .values_list("stimulus_id", "reference_id", "instrument")
    )
    for stimulus, reference in _pairs(batch, statistic):
        try:
            name = instrument.name(_sample(stimulus, reference))
        except InputError as error:
            result.failures.append(_failure(stimulus, error))
            continue
        if stored[stimulus.pk, reference.pk, name] == len(statistic.names):
            result.known += 1
        else:
            yield stimulus, reference


def _pairs(batch: Batch, statistic: type[Statistic]) -> list[tuple[Stimulus, Picture]]:
    done = batch.stimuli.filter(state=Stimulus.State.DONE).select_related("content")
    if statistic.reference == "content":
        pairs = [(stimulus, stimulus.content) for stimulus in done if stimulus.content]
    else:
        pairs = [
            (stimulus, style)
            for stimulus in done.prefetch_related("styles")
            for style in stimulus.styles.all()
        ]
    return sorted(pairs, key=lambda pair: (pair[1].pk, pair[0].width or 0, pair[0].pk))


def _sample(stimulus: Stimulus, reference: Picture) -> Sample:
    """The files of a stimulus and of the picture that it is measured against.

    Raises:
        InputError: the stimulus is not done.

    """
    if stimulus.state != stimulus.State.DONE or not stimulus.width:
        raise InputError(f"stimulus {stimulus.public_id.hex} is {stimulus.state}: make it first")
    return Sample(
        image=stimulus.path,
        width=stimulus.width,
        reference=reference.path,
        annotations=media_path(str(reference.annotations.name)) if reference.annotations else None,
    )


def _failure(stimulus: Stimulus, error: InputError) -> tuple[str, str]:
    label = f"{stimulus.label} ({stimulus.public_id.hex[:8]})"
    return label, " ".join(str(error).split())
