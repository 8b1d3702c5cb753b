"""The pages of a session: trials, breaks and the end. The token in the address is the session.

The server knows where a participant stands. The address of a session never changes, so there is
nothing to go back to: every visit shows what comes next.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib.auth.decorators import login_not_required
from django.core.signing import BadSignature
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from common.errors import PictureError
from common.rate_limit import SESSION
from studies.forms.participant import TrialForm, VoteForm
from studies.models import Choice, Participant, Study, Trial
from studies.models.trial import PLACES
from studies.privacy.erasure import erase
from studies.sessions import completion_codes as codes
from studies.sessions import display
from studies.sessions.language import language_for, page
from studies.sessions.next_trial import look_ahead, session, trial_asked

if TYPE_CHECKING:
    from uuid import UUID

    from studies.sessions.history import Past


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
        return away(request, participant.study, "not_loaded", participant)
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
        return away(request, participant.study, "withdrawn", participant)
    if participant.state == Participant.State.ACTIVE:  # it ended before the first answer
        ending = "full" if participant.study.state == Study.State.OPEN else "not_open"
        return away(request, participant.study, ending, participant)
    if participant.state != Participant.State.FINISHED:
        return away(request, participant.study, "begun", participant)
    ending = codes.ending_of(participant)
    code = codes.code_for(participant.study, ending) or participant.code
    return_url = codes.return_url(participant.study, ending)
    return _page(request, "finish", participant, code=code, return_url=return_url)


def away(
    request: HttpRequest, study: Study, ending: str, participant: Participant | None = None
) -> HttpResponse:
    """The page for those who do not, or no longer, take part: why, and where to go."""
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
