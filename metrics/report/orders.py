"""Orders of reports, which are rows of the job ledger; nothing is drawn here."""

from __future__ import annotations

import shutil

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from django.utils.text import slugify

from metrics.models import ReportJob
from metrics.presentation.scored_space import ScoredSpace
from metrics.presentation.written_reports import reports_folder

_NAME = 60
"""Characters of the batches' names in the name of a folder."""


@transaction.atomic
def order_report(scored: ScoredSpace, user: User | None) -> ReportJob:
    """Let the report of an EC space wait for a worker.

    The models are kept by their numbers, so that a newer one does not take their place.
    """
    models = {target: scoring.key for target, scoring in scored.scorings.items()}
    request = models | {"batch": [batch.pk for batch in scored.batches], "bins": scored.bins}
    names = slugify("-".join(batch.name for batch in scored.batches))[:_NAME].strip("-")
    start = f"{names or 'report'}-{timezone.now():%Y-%m-%d}"
    return ReportJob.objects.create(name=_free_name(start), request=request, created_by=user)


def delete_report(name: str) -> None:
    """Delete the files of a report, and its row."""
    folder = reports_folder() / name
    # The page first: without it the folder is no report, should the rest fail.
    (folder / "index.html").unlink(missing_ok=True)
    shutil.rmtree(folder, ignore_errors=True)
    ReportJob.objects.filter(name=name).delete()


def _free_name(start: str) -> str:
    """`start`, with a number where a report has this name already."""
    taken = set(ReportJob.objects.filter(name__startswith=start).values_list("name", flat=True))
    name, number = start, 1
    while name in taken or (reports_folder() / name).exists():
        number += 1
        name = f"{start}-{number}"
    return name
