"""Calibrations, and scores of stimuli by them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from ninja import Field, Query, Router, Schema

from common.tables import to_csv
from config.api.authentication import count_table, reader
from config.api.paging import After, Limited, Page, page_of
from config.api.studies import readable_study
from metrics.calibration.verdict import verdict
from metrics.models import Calibration
from transfer.models import Batch, Stimulus

if TYPE_CHECKING:
    import pandas as pd

router = Router(tags=["scores"])


class CalibrationOut(Schema):
    """A model fitted to votes, without the details that its export has."""

    id: int
    name: str
    target: str = Field(description="E: style carried; C: content kept.")
    simulated: bool = Field(description="Whether simulated votes were among those fitted.")
    verdict: str | None = Field(description="trustworthy, preliminary or not usable")
    coefficients: dict[str, float | str | None]
    studies: list[int]
    created_at: datetime


class CalibrationsOut(Page):
    """A page of calibrations."""

    items: list[CalibrationOut]


class ScoresOut(Schema):
    """Stimuli with their statistics and scores."""

    calibration: int
    unit: str = "log odds of being preferred; only differences have a meaning"
    items: list[dict[str, Any]] = Field(
        description="stimulus, method, content, style, the statistics, and E_score or C_score"
    )


class Among(Schema):
    """The stimuli to score; by default those of the calibration's studies."""

    batch: int | None = Field(None, description="Score the stimuli of this batch.")
    study: int | None = Field(None, description="Score the stimuli of this study.")


@router.get("/calibrations", response=CalibrationsOut, summary="Calibrations")
def calibrations(request: HttpRequest, after: After = 0, limit: Limited = 500) -> dict[str, Any]:
    """Those whose studies you may all see, oldest first."""
    visible = Calibration.objects.visible_to(reader(request)).prefetch_related("studies")
    shown, following = page_of(visible, after, limit)
    return {"items": [_calibration(row) for row in shown], "next": following}


@router.get(
    "/calibrations/{int:calibration}", response=dict[str, Any], summary="The exported model"
)
def model(request: HttpRequest, calibration: int) -> dict[str, Any]:
    """In the format of docs/calibration.schema.json."""
    return _readable(request, calibration).model


@router.get(
    "/calibrations/{int:calibration}/scores", response=ScoresOut, summary="Scores by a calibration"
)
def scores(request: HttpRequest, calibration: int, among: Query[Among]) -> dict[str, Any]:
    """Null where a statistic is missing, or was measured by another instrument."""
    row = _readable(request, calibration)
    frame = _scored(row, _among(request, row, among))
    items = frame.astype(object).where(frame.notna(), None).to_dict("records")
    return {"calibration": row.pk, "items": items}


@router.get("/calibrations/{int:calibration}/scores.csv", summary="The same as SCORES.csv")
def scores_csv(request: HttpRequest, calibration: int, among: Query[Among]) -> HttpResponse:
    """Statistics and scores, one row for each stimulus."""
    row = _readable(request, calibration)
    count_table(request)
    text = to_csv(_scored(row, _among(request, row, among)))
    response = HttpResponse(text, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="SCORES.csv"'
    response["Cache-Control"] = "no-store"
    return response


def _readable(request: HttpRequest, calibration: int) -> Calibration:
    return get_object_or_404(Calibration.objects.visible_to(reader(request)), pk=calibration)


def _among(request: HttpRequest, row: Calibration, among: Among) -> QuerySet[Stimulus]:
    if among.batch is not None:
        batch = get_object_or_404(Batch, pk=among.batch)
        return batch.stimuli.filter(state=Stimulus.State.DONE)
    if among.study is not None:
        return readable_study(request, among.study).stimuli.all()
    return Stimulus.objects.filter(studies__in=row.studies.all()).distinct()


def _scored(row: Calibration, stimuli: QuerySet[Stimulus]) -> pd.DataFrame:
    """STATISTICS.csv of the stimuli by the model's instruments, with the score."""
    from metrics.presentation.scoring import Scoring, scored_frame

    return scored_frame(stimuli, {row.target: Scoring(row.name, row.exported, row)})


def _calibration(row: Calibration) -> dict[str, Any]:
    judged = verdict(row.exported)
    names = ("pk", "name", "target", "simulated", "created_at")
    values = {("id" if name == "pk" else name): getattr(row, name) for name in names}
    return values | {
        "verdict": judged.level if judged else None,
        "coefficients": row.model["coefficients"],
        "studies": [study.pk for study in row.studies.all()],
    }
