"""Batches, and what was measured on their stimuli."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import F, QuerySet
from django.http import HttpRequest, StreamingHttpResponse
from django.shortcuts import get_object_or_404
from ninja import Field, Router, Schema

from config.api.authentication import count_table
from config.api.paging import After, Limited, Page, csv_lines, csv_response, page_of, parts_of
from config.api.studies import readable_study
from metrics.models import Measurement
from transfer.models import Batch

router = Router(tags=["measurements"])


class BatchOut(Schema):
    """A batch. All researchers of an installation share its batches."""

    id: int
    name: str
    created_at: datetime
    recipe: dict[str, Any] = Field(description="What determines its stimuli.")


class BatchesOut(Page):
    """A page of batches."""

    items: list[BatchOut]


class MeasurementOut(Schema):
    """A number that was measured on a stimulus."""

    stimulus: str = Field(description="Id of the stimulus, as in the votes.")
    batch: str
    method: str
    statistic: str = Field(description="E1 … E5, C, or the key of another statistic.")
    value: float | None = Field(description="Null: not defined for this stimulus.")
    instrument: str = Field(description="Only numbers of one instrument are comparable.")
    reference: str = Field(description="Name of the picture that it was measured against.")
    reference_sha256: str
    created_at: datetime


class MeasurementsOut(Page):
    """A page of measurements."""

    items: list[MeasurementOut]


@router.get("/batches", response=BatchesOut, summary="Batches")
def batches(request: HttpRequest, after: After = 0, limit: Limited = 500) -> dict[str, Any]:
    """Oldest first."""
    shown, following = page_of(Batch.objects.all(), after, limit)
    return {"items": shown, "next": following}


@router.get(
    "/studies/{int:study}/measurements",
    response=MeasurementsOut,
    summary="Measurements of a study's stimuli",
)
def of_study(
    request: HttpRequest, study: int, after: After = 0, limit: Limited = 500
) -> dict[str, Any]:
    """By all instruments, oldest first."""
    return _page(_of_study(request, study), after, limit)


@router.get("/studies/{int:study}/measurements.csv", summary="The same as CSV")
def of_study_csv(request: HttpRequest, study: int) -> StreamingHttpResponse:
    """One row for each number."""
    return _csv(request, _of_study(request, study))


@router.get(
    "/batches/{int:batch}/measurements",
    response=MeasurementsOut,
    summary="Measurements of a batch's stimuli",
)
def of_batch(
    request: HttpRequest, batch: int, after: After = 0, limit: Limited = 500
) -> dict[str, Any]:
    """By all instruments, oldest first."""
    return _page(_of_batch(batch), after, limit)


@router.get("/batches/{int:batch}/measurements.csv", summary="The same as CSV")
def of_batch_csv(request: HttpRequest, batch: int) -> StreamingHttpResponse:
    """One row for each number."""
    return _csv(request, _of_batch(batch))


def _of_study(request: HttpRequest, study: int) -> QuerySet[Measurement]:
    stimuli = readable_study(request, study).stimuli.all()
    return Measurement.objects.filter(stimulus__in=stimuli.order_by())


def _of_batch(batch: int) -> QuerySet[Measurement]:
    return Measurement.objects.filter(stimulus__batch=get_object_or_404(Batch, pk=batch))


def _values(rows: QuerySet[Measurement]) -> QuerySet[Any, Any]:
    return rows.values(
        "pk",
        "statistic",
        "value",
        "instrument",
        "created_at",
        public_id=F("stimulus__public_id"),
        batch=F("stimulus__batch__name"),
        method=F("stimulus__method"),
        picture=F("reference__name"),
        reference_sha256=F("reference__sha256"),
    )


def _row(values: dict[str, Any]) -> dict[str, Any]:
    values["stimulus"] = values.pop("public_id").hex
    values["reference"] = values.pop("picture")
    return values


def _page(rows: QuerySet[Measurement], after: int, limit: int) -> dict[str, Any]:
    shown, following = page_of(_values(rows), after, limit)
    return {"items": [_row(row) for row in shown], "next": following}


def _csv(request: HttpRequest, rows: QuerySet[Measurement]) -> StreamingHttpResponse:
    count_table(request)
    names = list(MeasurementOut.model_fields)
    parts = (
        [[row[name] for name in names] for row in map(_row, part)]
        for part in parts_of(_values(rows))
    )
    return csv_response(csv_lines(names, parts), "MEASUREMENTS.csv")
