"""Participants' pages: the only ones without a login. Tokens in the address let people in.

The server knows where a participant stands. The address of a session never changes, so there is
nothing to go back to: every visit shows what comes next.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.signing import BadSignature
from django.db import transaction
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from studies import codes, display
from studies.arrival import Arrival
from studies.erasure import erase
from studies.errors import NotAdmittedError
from studies.forms import ConsentForm, TrialForm, VoteForm
from studies.language import language_for, page
from studies.limits import ARRIVALS, SESSION
from studies.models import Choice, Cohort, Participant, Study, Trial
from studies.models.admission import turn_away
from studies.models.tokens import simulated_entry
from studies.models.trial import PLACES
from studies.models.turn import look_ahead, session, trial_asked
from transfer.errors import PictureError

if TYPE_CHECKING:
    from uuid import UUID

    from studies.models.past import Past

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
        return _away(request, study, "begun", known)
    if request.method == "POST":
        cohort = Cohort.PILOT if pilot else Cohort.SIMULATED if entry else Cohort.PEOPLE
        return _answer_to_consent(request, study, cohort, arrival, known)
    if not pilot and not entry and not arrival.person and known is None and not study.admits():
        return _away(request, study, "full" if study.state == Study.State.OPEN else "not_open")
    # Our own text has translations; a text of the researcher's own stays as it is.
    consent = gettext_lazy(study.consent.text)
    language = language_for(study, request)
    return page(request, "consent", study, language, consent=consent, pilot=pilot)


def _answer_to_consent(
    request: HttpRequest, study: Study, cohort: Cohort, arrival: Arrival, known: Participant | None
) -> HttpResponse:
    form = ConsentForm(request.POST)
    if not form.is_valid() or form.cleaned_data["consent"] == "no":
        return _away(request, study, "no_consent")
    details = {
        "cohort": cohort,
        "source": "simulation" if cohort == Cohort.SIMULATED else study.recruiter,
        "screen": form.screen(),
        "language": language_for(study, request),
    }
    if form.cleaned_data["consent"] == "cannot":
        turn_away(study, study.gate.refusal(form.screen()) or "left at the gate", **details)
        return _away(request, study, "screened_out")
    try:
        participant = study.admit(
            arrival.person,
            known=known,
            external_study=arrival.study,
            external_session=arrival.session,
            **details,
        )
    except NotAdmittedError as reason:
        return _away(request, study, reason.ending)
    if participant.state == Participant.State.TURNED_AWAY:
        return _away(request, study, "screened_out")
    return _remember(HttpResponseRedirect(participant.take_url, status=303), participant)


@login_not_required
@never_cache
@require_safe
def take(request: HttpRequest, token: str) -> HttpResponse:
    """What comes next for a participant: a trial, a break, or the end."""
    participant = _participant(token)
    past = participant.past()
    if participant.rest_is_due(past):
        return _break(request, participant, past)
    if past.pictures_fail and "again" not in request.GET:
        return _away(request, participant.study, "not_loaded", participant)
    return _turn(request, participant, past, participant.current_trial(past))


@login_not_required
@never_cache
@require_POST
@SESSION.on_posts
def go_on(request: HttpRequest, token: str) -> HttpResponse:
    """Go on after a break."""
    participant = _participant(token)
    participant.rest()
    return HttpResponseRedirect(participant.take_url, status=303)


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@SESSION.on_posts
def stop(request: HttpRequest, token: str) -> HttpResponse:
    """Stop taking part: leave it at what was answered, or have everything erased."""
    participant = _participant(token)
    if request.method == "POST" and request.POST.get("erase") == "yes":
        erase(participant)
        return HttpResponseRedirect(participant.take_url, status=303)
    return _page(request, "stop", participant)


@login_not_required
@never_cache
@require_POST
@SESSION.on_posts
def vote(request: HttpRequest, token: str) -> HttpResponse:
    """Record an answer. However often it is sent, there is one vote.

    Our script is answered with what comes next, which saves a way there and back between two
    trials; a plain form is led to it.
    """
    form = VoteForm(request.POST)
    if not form.is_answer():
        return HttpResponse("this is not an answer to a trial", status=400)
    sent = form.cleaned_data
    with transaction.atomic():  # one commit: the answer, and the trial that the next page shows
        participant = _participant(token, lock=True)
        if sent["choice"] == Choice.TIE and not participant.study.ties_allowed:
            return HttpResponse("this study offers no ties", status=400)
        trial = _trial(participant, sent["trial"])
        trial.vote(sent["choice"], sent["client_uuid"], sent.get("response_ms"), form.screen())
        past, upcoming = look_ahead(participant)
    if not _by_script(request):
        return HttpResponseRedirect(participant.take_url, status=303)
    if participant.rest_is_due(past):
        return _break(request, participant, past)
    return _turn(request, participant, past, upcoming)


@login_not_required
@never_cache
@require_POST
@SESSION.on_posts
def unloadable(request: HttpRequest, token: str) -> HttpResponse:
    """Record that a trial's pictures could not be shown; another trial takes its place."""
    participant = _participant(token)
    form = TrialForm(request.POST)
    if not form.is_valid():
        return HttpResponse("this is not a trial", status=400)
    _trial(participant, form.cleaned_data["trial"]).could_not_load()
    if _by_script(request):  # it then asks for the page it is on
        return HttpResponse(status=204)
    return HttpResponseRedirect(participant.take_url, status=303)


@login_not_required
@require_safe
def picture(request: HttpRequest, key: str) -> HttpResponse:
    """A picture of a trial. Its address and its headers tell nothing about it."""
    try:
        path = display.shown(*Trial.at(key))
    except (BadSignature, Trial.DoesNotExist, PictureError) as error:
        raise Http404 from error
    response = HttpResponse(path.read_bytes(), content_type=display.CONTENT_TYPE)
    response["Cache-Control"] = "private, max-age=3600, immutable"
    return response


def _participant(token: str, *, lock: bool = False) -> Participant:
    participant = session(token, lock=lock)
    if participant is None:
        raise Http404("there is no such session")
    return participant


def _trial(participant: Participant, public_id: UUID) -> Trial:
    trial = trial_asked(participant, public_id)
    if trial is None:
        raise Http404("the session has no such trial")
    return trial


def _page(
    request: HttpRequest, name: str, participant: Participant, **context: Any
) -> HttpResponse:
    """A page of a session, in the session's language."""
    study = participant.study
    return page(request, name, study, participant.language, participant=participant, **context)


def _by_script(request: HttpRequest) -> bool:
    return request.headers.get("X-Requested-With") == "fetch"


def _break(request: HttpRequest, participant: Participant, past: Past) -> HttpResponse:
    return _page(request, "break", participant, answered=past.answered)


def _turn(
    request: HttpRequest, participant: Participant, past: Past, trial: Trial | None
) -> HttpResponse:
    """The trial to answer, or the end where there is none."""
    if trial is None:
        return _end(request, participant)
    study, token = participant.study, participant.token
    return _page(
        request,
        "trial",
        participant,
        trial=trial,
        reference_name=study.question.reference,
        pictures={place: trial.picture_url(place) for place in PLACES},
        answered=past.answered,
        total=len(participant.plan),
        gate=study.gate,
        vote_url=reverse("studies:vote", args=[token]),
        unloadable_url=reverse("studies:unloadable", args=[token]),
        stop_url=reverse("studies:stop", args=[token]),
    )


def _end(request: HttpRequest, participant: Participant) -> HttpResponse:
    if participant.state == Participant.State.WITHDRAWN:
        return _away(request, participant.study, "withdrawn", participant)
    if participant.state == Participant.State.ACTIVE:  # it ended before the first answer
        ending = "full" if participant.study.state == Study.State.OPEN else "not_open"
        return _away(request, participant.study, ending, participant)
    if participant.state != Participant.State.FINISHED:
        return _away(request, participant.study, "begun", participant)
    ending = codes.ending_of(participant)
    code = codes.code_for(participant.study, ending) or participant.code
    return_url = codes.return_url(participant.study, ending)
    return _page(request, "finish", participant, code=code, return_url=return_url)


def _away(
    request: HttpRequest, study: Study, ending: str, participant: Participant | None = None
) -> HttpResponse:
    language = participant.language if participant else language_for(study, request)
    again_url = f"{participant.take_url}?again=1" if participant else ""
    return page(
        request,
        "away",
        study,
        language,
        ending=ending,
        code=codes.code_for(study, ending),
        return_url=codes.return_url(study, ending),
        again_url=again_url,
    )


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
