"""Write the reports that wait as rows of the job ledger."""

from __future__ import annotations

import time
from typing import Any

from common.errors import InputError
from metrics.models import Calibration, ReportJob
from metrics.presentation.choosing import TARGETS, choose
from metrics.presentation.scored_space import ScoredSpace
from metrics.presentation.written_reports import reports_folder
from metrics.report.report import Report
from transfer.batches.claimed import work_on
from transfer.models import Batch
from transfer.models.ledger import Lease, Ledger


def write_waiting(rows: Ledger[ReportJob]) -> int:
    """Claim and write the waiting ones of `rows`. Returns their number.

    A report that cannot be made fails with the reason; see `claimed.work_on` for what is raised.
    """
    return work_on(rows, _write_claimed)


def _write_claimed(lease: Lease) -> None:
    for job in lease.rows.select_related("created_by"):
        start = time.perf_counter()
        _report_of(job).write(reports_folder() / job.name)
        lease.finish(job.pk, {"seconds": time.perf_counter() - start})


def _report_of(job: ReportJob) -> Report:
    """The report that a row asks for.

    Raises:
        InputError: a batch or a model is gone since, or they do not fit together.

    """
    request: dict[str, Any] = job.request
    batches = list(Batch.objects.filter(pk__in=request["batch"]))
    if len(batches) < len(request["batch"]):
        raise InputError("a batch of the report has been deleted: ask for a new report")
    user = job.created_by
    among = Calibration.objects.visible_to(user) if user else Calibration.objects.all()
    choice = choose({target: request[target] for target in TARGETS}, batches, among)
    choice.check()
    author = user.get_username() if user else ""
    return Report(ScoredSpace(batches, choice.scorings, request["bins"]), author)
