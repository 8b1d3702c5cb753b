"""Reports: the list, making one, its page and files, deleting it."""

from __future__ import annotations

import tempfile
import zipfile

from csp.constants import NONE, UNSAFE_INLINE
from csp.decorators import csp
from django.contrib import messages
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from common.confirmation import check_name_typed
from common.errors import InputError
from metrics.models import ReportJob
from metrics.presentation.written_reports import (
    PAGE,
    WrittenReport,
    written_report,
    written_reports,
)
from metrics.report.orders import delete_report, order_report
from metrics.report.tasks import enqueue
from metrics.views.space import parse
from transfer.models.ledger import Progress

# A report can be opened from disk, so it holds its scripts and styles as data. On the site it is
# isolated: it may run them, but cannot load or send anything, and has its own origin.
_ISOLATED = {
    "sandbox": ["allow-scripts", "allow-modals"],  # a modal: the browser's dialogue for printing
    "default-src": [NONE],
    "script-src": [UNSAFE_INLINE, "data:"],
    "style-src": [UNSAFE_INLINE, "data:"],
    "img-src": ["data:"],
    "frame-ancestors": [NONE],
}


@require_safe
def reports(request: HttpRequest) -> HttpResponse:
    """All reports that the user may see, and those that are being made for them."""
    waiting = _own_jobs(request)
    context = {
        "reports": written_reports(request.user),
        "waiting": waiting,
        "progress": _progress(waiting),
    }
    return render(request, "metrics/reports.html", context)


@require_safe
def reports_progress(request: HttpRequest) -> JsonResponse:
    """How many reports of the user are still to be written, for the script of the list."""
    progress = _progress(_own_jobs(request))
    return JsonResponse({"running": progress.running, "open": progress.open})


@require_POST
def make_report(request: HttpRequest) -> HttpResponse:
    """Order the report of the EC space that the form's fields name, as those of its page do."""
    try:
        parsed = parse(request, request.POST)
        parsed.choice.check()
    except InputError as error:
        messages.error(request, str(error))
        return redirect("metrics:reports")
    job = order_report(parsed.scored, request.user if isinstance(request.user, User) else None)
    enqueue(job)
    return redirect("metrics:reports")


@require_POST
def retry_report(request: HttpRequest, pk: int) -> HttpResponse:
    """Let a report that failed wait again."""
    job = get_object_or_404(_own_jobs(request), pk=pk)
    ReportJob.objects.filter(pk=job.pk).retry()
    enqueue(job)
    return redirect("metrics:reports")


@require_POST
def cancel_report(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a report that is not written from the list."""
    job = get_object_or_404(_own_jobs(request), pk=pk)
    delete_report(job.name)
    messages.success(request, f"The report {job.name} is not made.")
    return redirect("metrics:reports")


@require_safe
@csp(_ISOLATED)  # type: ignore[arg-type]  # it types views as taking a request alone
def report(request: HttpRequest, name: str) -> FileResponse:
    """The page of one report."""
    page = _visible(request, name).folder / PAGE
    return FileResponse(page.open("rb"), content_type="text/html; charset=utf-8")


@require_safe
@csp(_ISOLATED)  # type: ignore[arg-type]  # as above
def report_file(request: HttpRequest, name: str, file: str) -> FileResponse:
    """One file of a report, as a download."""
    found = _visible(request, name)
    if file not in found.files:
        raise Http404(f"the report {name} has no file {file}")
    return FileResponse((found.folder / file).open("rb"), as_attachment=True, filename=file)


@require_safe
def report_zip(request: HttpRequest, name: str) -> FileResponse:
    """All files of a report as one archive."""
    found = _visible(request, name)
    archive = tempfile.TemporaryFile()  # noqa: SIM115 - the response closes it
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        for file in found.files:
            packed.write(found.folder / file, f"{name}/{file}")
    archive.seek(0)
    return FileResponse(archive, as_attachment=True, filename=f"{name}.zip")


@require_POST
def delete(request: HttpRequest, name: str) -> HttpResponse:
    """Delete a report, if its name is typed."""
    found = _visible(request, name)
    try:
        check_name_typed(request.POST.get("name", ""), found.name, "delete the report")
    except InputError as error:
        messages.error(request, str(error))
        return redirect("metrics:reports")
    delete_report(found.name)
    messages.success(request, f"The report {found.name} is deleted.")
    return redirect("metrics:reports")


def _own_jobs(request: HttpRequest) -> QuerySet[ReportJob]:
    """The reports of a user that are not written."""
    mine = ReportJob.objects.exclude(state=ReportJob.State.DONE).filter(created_by=request.user.pk)
    return mine.order_by("-pk")


def _progress(jobs: QuerySet[ReportJob]) -> Progress:
    return ReportJob.objects.filter(pk__in=[job.pk for job in jobs]).progress()


def _visible(request: HttpRequest, name: str) -> WrittenReport:
    """The report of this name.

    Raises:
        Http404: there is none, or the user may not see it.

    """
    found = written_report(name, request.user)
    if found is None:
        raise Http404(f"no report is named {name}")
    return found
