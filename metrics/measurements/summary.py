"""What pages show of the measurements of a batch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.core.cache import caches
from django.db.models import Count, Max

from common.progress import rate
from metrics.measurements.measuring import data_folder
from metrics.measurements.table import instruments
from metrics.models import Measurement, MeasurementJob
from metrics.statistics import STATISTICS, statistic
from transfer.models import Batch, Picture, Stimulus
from transfer.models.ledger import Progress

_State = MeasurementJob.State
SHOWN = 20
"""Failures that a page lists."""
_CACHE = "figures"


@dataclass(frozen=True)
class InstrumentCount:
    """An instrument in words, its full name, and how many stimuli it has measured."""

    words: str
    name: str
    stimuli: int


@dataclass(frozen=True)
class StatisticSummary:
    """How far a batch is measured by one statistic.

    Attributes:
        key: of the statistic.
        title: of the statistic.
        total: finished stimuli that can be measured.
        by: the instruments, that with most stimuli first.

    """

    key: str
    title: str
    total: int
    by: list[InstrumentCount]

    @property
    def measured(self) -> int:
        """Stimuli that the first instrument has measured."""
        return self.by[0].stimuli if self.by else 0

    @property
    def is_complete(self) -> bool:
        """Whether one instrument has measured all that can be measured."""
        return self.measured >= self.total


@dataclass(frozen=True)
class MeasuringSummary:
    """How far a batch is measured.

    Attributes:
        statistics: one for each statistic.
        progress: of the jobs.
        pace: pictures per hour and time left; empty if no worker is active.
        failures: stimulus and reason, at most SHOWN.
        reason: why jobs wait; empty if they only wait for a worker.
        requested: whether the batch will be measured when its stimuli are made.

    """

    statistics: list[StatisticSummary]
    progress: Progress
    pace: str
    failures: list[tuple[str, str]]
    reason: str
    requested: bool

    @property
    def is_complete(self) -> bool:
        """Whether every statistic has measured all that it can measure."""
        return all(one.is_complete for one in self.statistics)

    @property
    def measured(self) -> int:
        """Stimuli that every statistic with something to measure has measured, at least."""
        return min((one.measured for one in self.statistics if one.total), default=0)


def summary_of(batch: Batch) -> MeasuringSummary:
    """How far the finished stimuli of a batch are measured."""
    made = batch.stimuli.filter(state=Stimulus.State.DONE).count()
    # By their keys, so that the index of the queue finds and counts the jobs.
    orders = list(batch.measuring_orders.values_list("pk", flat=True))
    jobs = MeasurementJob.objects.filter(order__in=orders)
    progress = jobs.progress()
    failed = jobs.filter(state=_State.FAILED)[:SHOWN]
    waiting = jobs.filter(state=_State.PENDING).exclude(error="").first()
    return MeasuringSummary(
        statistics=[_statistic_summary(batch, key, made) for key in STATISTICS],
        progress=progress,
        pace=pace_of(batch, progress),
        failures=[
            (f"{job.order.statistic} of {job.label}", job.error)
            for job in failed.select_related("order", "stimulus__content")
        ],
        reason=waiting.error if waiting else "",
        requested=bool(orders),
    )


def pace_of(batch: Batch, progress: Progress) -> str:
    """Pictures per hour and the time left; empty if no worker is active."""
    seconds = MeasurementJob.objects.filter(order__batch=batch).seconds_per_image()
    return rate(1, progress.open, seconds, "picture") if seconds else ""


def unmeasured(batches: Sequence[Batch]) -> dict[int, int]:
    """Batch → finished stimuli that lack a statistic, for batches that are not being measured."""
    busy = MeasurementJob.objects.filter(
        order__batch__in=batches, state__in=(_State.PENDING, _State.RUNNING)
    )
    idle = [batch.pk for batch in batches]
    waiting = set(busy.order_by().values_list("order__batch", flat=True).distinct())
    idle = [pk for pk in idle if pk not in waiting]
    done = Stimulus.objects.filter(batch__in=idle, state=Stimulus.State.DONE)
    counts = done.order_by().values_list("batch").annotate(Count("pk"), Count("content"))
    names = {statistic(key).names[0]: statistic(key) for key in STATISTICS}
    measured = (
        Measurement.objects.filter(stimulus__batch__in=idle, statistic__in=names)
        .current()
        .order_by()
        .values_list("stimulus__batch", "statistic")
        .annotate(Count("stimulus", distinct=True))
    )
    found = {(batch, name): number for batch, name, number in measured}
    missing = {
        batch: max(
            (with_content if kind.reference == "content" else every) - found.get((batch, name), 0)
            for name, kind in names.items()
        )
        for batch, every, with_content in counts
    }
    return {batch: number for batch, number in missing.items() if number > 0}


def _statistic_summary(batch: Batch, key: str, made: int) -> StatisticSummary:
    kind, total = statistic(key), made
    if kind.reference == "content":
        done = batch.stimuli.filter(state=Stimulus.State.DONE)
        total -= done.filter(content__isnull=True).count()  # few: those are found by an index
    return StatisticSummary(
        key=key,
        title=kind.title or key,
        total=total,
        by=[
            InstrumentCount(kind.words(name, data_folder()), name, number)
            for name, number in _instruments(batch, key, total).items()
        ],
    )


def _instruments(batch: Batch, key: str, total: int) -> dict[str, int]:
    """`instruments` of a batch, kept in memory as long as nothing that it depends on changes.

    Measurements are never overwritten: new ones have a higher primary key, and they are deleted
    with their stimuli. Annotations of pictures decide which of them are current.
    """
    newest = Measurement.objects.aggregate(Max("pk"))["pk__max"]
    pictures = list(Picture.objects.order_by("pk").values_list("pk", "annotations"))
    basis, name, cache = (total, newest, pictures), f"instruments-{batch.pk}-{key}", caches[_CACHE]
    kept: tuple[object, dict[str, int]] | None = cache.get(name)
    if kept is not None and kept[0] == basis:
        return kept[1]
    counts = instruments(batch.stimuli.all(), key)
    cache.set(name, (basis, counts))
    return counts
