"""The entry page of a study: consent, and the return of a browser to its session.

Participants' pages need no login: tokens in their addresses give access.
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
from studies.sessions.enrolment import admits, enrol, record_screen_out, resumes
from studies.sessions.errors import NotAdmittedError
from studies.views.participant import exit_page, language_for, page

REMEMBERED = 30 * 24 * 3600
"""Seconds for which the study's link leads a browser back to its session."""


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@ARRIVALS.on_posts
def enter(request: HttpRequest, token: str) -> HttpResponse:
    """The consent page. Consent begins a session; a returning participant continues the earlier."""
    entry = simulated_entry(token)
    found = Q(entry_token=entry) if entry else Q(entry_token=token) | Q(pilot_token=token)
    study = get_object_or_404(Study, found)
    pilot = token == study.pilot_token
    arrival = Arrival.by(request.GET)
    if study.id_secret and not pilot and not entry and not arrival.is_signed(study.id_secret):
        return exit_page(request, study, "unsigned")
    remembered = _remembered(request, study, pilot)
    known = None if arrival.person else remembered
    if known is not None and resumes(known):
        return redirect(known.take_url)
    if known is not None and study.returning == Study.Returning.BLOCK:
        return exit_page(request, study, "begun", known)
    if request.method == "POST":
        cohort = Cohort.PILOT if pilot else Cohort.SIMULATED if entry else Cohort.PEOPLE
        return _handle_consent(request, study, cohort, arrival, remembered)
    if not pilot and not entry and not arrival.person and known is None and not admits(study):
        ending = "full" if study.state == Study.State.OPEN else "not_open"
        return exit_page(request, study, ending)
    # Only the default consent text has translations; a researcher's own text is not translated.
    consent = gettext_lazy(study.consent.text)
    language = language_for(study, request)
    return page(request, "consent", study, language, consent=consent, pilot=pilot)


def _handle_consent(
    request: HttpRequest, study: Study, cohort: Cohort, arrival: Arrival, known: Participant | None
) -> HttpResponse:
    form = ConsentForm(request.POST)
    if not form.is_valid() or form.cleaned_data["consent"] == "no":
        return exit_page(request, study, "no_consent")
    details = {
        "cohort": cohort,
        "source": "simulation" if cohort == Cohort.SIMULATED else study.recruiter,
        "screen": form.screen(),
        "language": language_for(study, request),
    }
    if form.cleaned_data["consent"] == "cannot":
        refusal = study.screen_requirements.refusal(form.screen())
        record_screen_out(study, refusal or "left at the gate", **details)  # a stored value
        return exit_page(request, study, "screened_out")
    try:
        participant = enrol(
            study,
            arrival.person,
            known=known,
            external_study=arrival.study,
            external_session=arrival.session,
            signed=bool(study.id_secret),
            **details,
        )
    except NotAdmittedError as reason:
        return exit_page(request, study, reason.ending)
    if participant.state == Participant.State.SCREENED_OUT:
        return exit_page(request, study, "screened_out")
    return _remember(HttpResponseRedirect(participant.take_url, status=303), participant)


def _cookie(study: Study, pilot: bool) -> str:
    return f"{'pilot' if pilot else 'study'}-{study.pk}"


def _remembered(request: HttpRequest, study: Study, pilot: bool) -> Participant | None:
    cookie = _cookie(study, pilot)
    token = request.get_signed_cookie(cookie, default="", salt="studies.participant")
    if not token:
        return None
    ended = (Participant.State.WITHDRAWN, Participant.State.REPLACED)
    return study.participants.filter(token=token).exclude(state__in=ended).first()


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
