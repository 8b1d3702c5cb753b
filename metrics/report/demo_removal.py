"""Removal of what `manage.py demo` has made: report, calibrations, studies, stimuli, pictures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import transaction

from common.errors import InputError
from metrics.models import Calibration
from metrics.report.orders import delete_report
from studies.models import Study
from studies.planning import batch_deletion, deletion
from transfer.batches.picture_removal import remove_picture
from transfer.models import Batch, Picture

if TYPE_CHECKING:
    from django.db.models import QuerySet

BATCH = "demo"
"""Name of the demo's batch, and of its report."""
SOURCE = "demo: "
"""Beginning of the source of every picture of the demo."""


@dataclass(frozen=True)
class Removed:
    """Numbers of removed rows."""

    pictures: int
    stimuli: int
    studies: int
    calibrations: int

    def __str__(self) -> str:
        return (
            f"{self.pictures} pictures, {self.stimuli} stimuli, {self.studies} studies and "
            f"{self.calibrations} calibrations"
        )


def demo_exists() -> bool:
    """Whether anything of the demo is here."""
    return Batch.objects.filter(name=BATCH).exists() or _pictures().exists()


@transaction.atomic
def remove_demo() -> Removed:
    """Remove the demo. Pictures that other stimuli were made from stay, and so does the account.

    Raises:
        InputError: people have voted in a study of the demo's stimuli, the study uses other batches
            too, or a calibration was fitted to other studies as well. Nothing is removed then.

    """
    batch = Batch.objects.filter(name=BATCH).first()
    studies = list(Study.objects.filter(batches=batch)) if batch else []
    for study in studies:
        if reason := deletion.obstacle(study):
            raise InputError(f"the demo stays: in study '{study}' {reason}")
        if study.batches.count() > 1:
            raise InputError(
                f"the demo stays: study '{study}' uses other batches too; delete it first"
            )
    calibrations = Calibration.objects.filter(studies__in=studies).distinct()
    for calibration in calibrations:
        if calibration.studies.exclude(pk__in=[study.pk for study in studies]).exists():
            raise InputError(
                f"the demo stays: calibration '{calibration}' was fitted to other studies too; "
                "delete it first"
            )
    fitted = calibrations.count()
    for calibration in calibrations:
        calibration.delete()
    for study in studies:
        deletion.delete_study(study)
    stimuli = batch_deletion.delete_batch(batch) if batch else 0
    removed = Removed(_remove_pictures(), stimuli, len(studies), fitted)
    transaction.on_commit(lambda: delete_report(BATCH))
    return removed


def _pictures() -> QuerySet[Picture]:
    return Picture.objects.filter(source__startswith=SOURCE)


def _remove_pictures() -> int:
    removed = 0
    for picture in _pictures():
        try:
            remove_picture(picture)
        except InputError:
            continue  # stimuli of another batch were made from it
        removed += 1
    return removed
