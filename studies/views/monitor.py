"""The monitor of a study: progress, votes over time, sessions, attention; and lists for payment."""

from __future__ import annotations

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from common.body_limit import takes_files
from common.errors import InputError
from studies.exchange.payment import MOST_BYTES, decided, sessions_csv
from studies.models import Cohort, Study, Vote
from studies.monitoring.charts import HEIGHT, WIDTH, response_times, votes_over_time
from studies.monitoring.pausing import ENOUGH, LATEST, thresholds
from studies.monitoring.progress import progress_of
from studies.monitoring.sessions import annotated, session_rows
from studies.monitoring.summary import summarise
from studies.views.access import visible_study

PER_PAGE = 50
"""Sessions of a page."""


@never_cache
@require_safe
def monitor(request: HttpRequest, pk: int) -> HttpResponse:
    """The figures of a study; with `part` in the address only the part that changes."""
    found = visible_study(request, pk)
    cohort = _cohort(request)
    votes = Vote.objects.filter(
        trial__participant__study=found,
        trial__participant__cohort=cohort,
        trial__participant__excluded="",
        trial__kind="real",
        excluded="",
    )
    times = [timezone.localtime(time) for time in votes.values_list("received_at", flat=True)]
    progress = progress_of(found)
    page = Paginator(annotated(found, cohort), PER_PAGE).get_page(request.GET.get("page"))
    lasted = votes.exclude(response_ms=None).values_list("response_ms", flat=True)
    context = {
        "study": found,
        "cohort": cohort,
        "cohorts": Cohort.values,
        "summary": summarise(found, cohort),
        "progress": progress,
        "over_time": votes_over_time(
            times, progress.votes_wanted if cohort == Cohort.PEOPLE else 0
        ),
        "response_times": response_times([time for time in lasted if time is not None]),
        "chart": {"width": WIDTH, "height": HEIGHT},
        "page": page,
        "sessions": session_rows(page),
        "thresholds": thresholds(found),
        "latest": LATEST,
        "enough": ENOUGH,
        "live": found.state == Study.State.OPEN,
    }
    name = "_monitor" if "part" in request.GET else "monitor"
    return render(request, f"studies/{name}.html", context)


@never_cache
@require_safe
def sessions_file(request: HttpRequest, pk: int) -> HttpResponse:
    """The sessions of a cohort as CSV, with the decision about the payment of each."""
    text = sessions_csv(visible_study(request, pk), _cohort(request))
    return _csv(text, "SESSIONS.csv")


@takes_files
@never_cache
@require_POST
def payment(request: HttpRequest, pk: int) -> HttpResponse:
    """A list of a recruitment service with a decision about every person; nothing is stored."""
    found = visible_study(request, pk)
    uploaded = request.FILES.get("list")
    try:
        text, known = decided(found, _content(uploaded), "the list")
        if not known:
            raise InputError(
                "nobody in the list has a session in this study: is it the list of another one, or "
                "did people come by a link without their ids?"
            )
    except InputError as error:
        messages.error(request, f"{error}.")
        return redirect("studies:monitor", found.pk)
    return _csv(text, "decisions.csv")


def _content(uploaded: object) -> bytes:
    if not isinstance(uploaded, UploadedFile):
        raise InputError("choose the list that the recruitment service has made")
    content: bytes = uploaded.read(MOST_BYTES + 1)
    return content


def _cohort(request: HttpRequest) -> str:
    cohort = request.GET.get("of", Cohort.PEOPLE)
    if cohort not in Cohort.values:
        raise Http404
    return cohort


def _csv(text: str, name: str) -> HttpResponse:
    response = HttpResponse(text, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
