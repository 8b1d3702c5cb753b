"""Measuring for workers, pages and commands of transfer; registered by `MetricsConfig.ready`.

The module is imported when Django starts, so its functions import pandas and torch when called.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.core.management import call_command

from transfer.batches.measuring_provider import MeasuringProvider
from transfer.models import Batch, Stimulus
from transfer.models.ledger import Ledger


def measuring_provider(
    *,
    stimulus_summary: Callable[[Stimulus, Any], Any],
    batch_scores: Callable[[Batch, Any], dict[str, dict[str, float]]],
    report_rows: Callable[[], Ledger[Any]],
    write_reports: Callable[[Ledger[Any]], int],
) -> MeasuringProvider:
    """The functions that transfer calls; the arguments are those of layers above this one."""
    return MeasuringProvider(
        request=_request,
        batch_made=_batch_made,
        catch_up=_catch_up,
        measure_here=_measure_here,
        summary=_summary,
        rows=_rows,
        work=_work,
        stimulus_summary=stimulus_summary,
        batch_scores=batch_scores,
        report_rows=report_rows,
        write_reports=write_reports,
    )


def _request(batch: Batch, user: Any) -> None:
    from metrics.measurements.orders import request

    request(batch, user)


def _batch_made(batch: Batch, enqueue: bool) -> None:
    from metrics.measurements.tasks import batch_made

    batch_made(batch, enqueue)


def _catch_up() -> None:
    from metrics.measurements.orders import catch_up

    catch_up()


def _measure_here(batch: Batch) -> None:
    call_command("measure", batch=batch.name)


def _summary(batch: Batch) -> Any:
    from metrics.measurements.summary import summary_of

    return summary_of(batch)


def _rows() -> Ledger[Any]:
    from metrics.models import MeasurementJob

    return MeasurementJob.objects.all()


def _work(rows: Ledger[Any]) -> int:
    from metrics.measurements.jobs import measure_chunk

    return measure_chunk(rows)
