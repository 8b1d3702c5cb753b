"""The way into a study: consent, and how a browser finds back to its session.

Participants' pages are the only ones without a login. Tokens in the address let people in.
"""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from common.rate_limit import ARRIVALS
from studies.forms.participant import ConsentForm
from studies.models import Cohort, Participant, Study
from studies.models.tokens import simulated_entry
from studies.sessions.arrival import Arrival
from studies.sessions.enrolment import turn_away
from studies.sessions.errors import NotAdmittedError
from studies.sessions.language import language_for, page
from studies.views.participant import away

REMEMBERED = 30 * 24 * 3600
"""Seconds for which a browser finds back to its session from the study's link."""


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@ARRIVALS.on_posts
def enter(request: HttpRequest, token: str) -> HttpResponse:
    """The consent page. Consenting begins the session; who has begun goes on where they were."""
    entry = simulated_entry(token)
    found = Q(entry_token=entry) if entry else Q(entry_token=token) | Q(pilot_token=token)
    study = get_object_or_404(Study, found)
    pilot = token == study.pilot_token
    arrival = Arrival.by(request.GET)
    known = None if arrival.person else _remembered(request, study, pilot)
    if known is not None and known.goes_on():
        return redirect(known.take_url)
    if known is not None and study.returning == Study.Returning.BLOCK:
        return away(request, study, "begun", known)
    if request.method == "POST":
        cohort = Cohort.PILOT if pilot else Cohort.SIMULATED if entry else Cohort.PEOPLE
        return _answer_to_consent(request, study, cohort, arrival, known)
    if not pilot and not entry and not arrival.person and known is None and not study.admits():
        return away(request, study, "full" if study.state == Study.State.OPEN else "not_open")
    # Our own text has translations; a text of the researcher's own stays as it is.
    consent = gettext_lazy(study.consent.text)
    language = language_for(study, request)
    return page(request, "consent", study, language, consent=consent, pilot=pilot)


def _answer_to_consent(
    request: HttpRequest, study: Study, cohort: Cohort, arrival: Arrival, known: Participant | None
) -> HttpResponse:
    form = ConsentForm(request.POST)
    if not form.is_valid() or form.cleaned_data["consent"] == "no":
        return away(request, study, "no_consent")
    details = {
        "cohort": cohort,
        "source": "simulation" if cohort == Cohort.SIMULATED else study.recruiter,
        "screen": form.screen(),
        "language": language_for(study, request),
    }
    if form.cleaned_data["consent"] == "cannot":
        turn_away(study, study.gate.refusal(form.screen()) or "left at the gate", **details)
        return away(request, study, "screened_out")
    try:
        participant = study.admit(
            arrival.person,
            known=known,
            external_study=arrival.study,
            external_session=arrival.session,
            **details,
        )
    except NotAdmittedError as reason:
        return away(request, study, reason.ending)
    if participant.state == Participant.State.TURNED_AWAY:
        return away(request, study, "screened_out")
    return _remember(HttpResponseRedirect(participant.take_url, status=303), participant)


def _cookie(study: Study, pilot: bool) -> str:
    return f"{'pilot' if pilot else 'study'}-{study.pk}"


def _remembered(request: HttpRequest, study: Study, pilot: bool) -> Participant | None:
    cookie = _cookie(study, pilot)
    token = request.get_signed_cookie(cookie, default="", salt="studies.participant")
    if not token:
        return None
    gone = (Participant.State.WITHDRAWN, Participant.State.REPLACED)
    return study.participants.filter(token=token).exclude(state__in=gone).first()


def _remember(response: HttpResponse, participant: Participant) -> HttpResponse:
    response.set_signed_cookie(
        _cookie(participant.study, participant.cohort == Cohort.PILOT),
        participant.token,
        salt="studies.participant",
        max_age=REMEMBERED,
        path=reverse("studies:studies"),
        httponly=True,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )
    return response
