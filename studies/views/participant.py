"""The pages of a session: trials, breaks and the end. The token in the address identifies it.

The position of a session is stored on the server. Its address never changes, so the browser's Back
button has no earlier page of it: every visit shows what comes next.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.signing import BadSignature
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.translation import get_language_from_request, gettext_lazy, override
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from common.errors import PictureError
from common.rate_limit import SESSION
from studies.forms.participant import TrialForm, VoteForm
from studies.models import Participant, Study, Trial
from studies.models.trial import PLACES
from studies.privacy.erasure import erase
from studies.sessions import completion_codes as codes
from studies.sessions import display
from studies.sessions.errors import NotFoundError, TieNotOfferedError
from studies.sessions.next_trial import (
    Session,
    current_trial,
    find_session,
    find_trial,
    history_of,
    take_break,
)
from studies.sessions.trial_content import picture_url, trial_of_picture
from studies.sessions.voting import record_load_failure, vote_and_continue

if TYPE_CHECKING:
    from studies.sessions.history import History


@login_not_required
@never_cache
@require_safe
def take(request: HttpRequest, token: str) -> HttpResponse:
    """The next page of a session: a trial, a break, or the end."""
    participant, waiting = _session(token)
    history = history_of(participant)
    if history.break_is_due(participant):
        return _break_page(request, participant, history)
    if history.pictures_fail and "again" not in request.GET:
        return exit_page(request, participant.study, "not_loaded", participant)
    return _trial_page(request, participant, history, current_trial(participant, waiting))


@login_not_required
@never_cache
@require_POST
@SESSION.on_posts
def go_on(request: HttpRequest, token: str) -> HttpResponse:
    """Continue after a break."""
    participant = _session(token).participant
    take_break(participant)
    return HttpResponseRedirect(participant.take_url, status=303)


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@SESSION.on_posts
def stop(request: HttpRequest, token: str) -> HttpResponse:
    """The page on which a participant stops, and may have all answers erased."""
    participant = _session(token).participant
    if request.method == "POST" and request.POST.get("erase") == "yes":
        erase(participant)
        return HttpResponseRedirect(participant.take_url, status=303)
    return _page(request, "stop", participant, take_url=participant.take_url)


@login_not_required
@never_cache
@require_POST
@SESSION.on_posts
def vote(request: HttpRequest, token: str) -> HttpResponse:
    """Record an answer. Repeated deliveries are one vote.

    The script gets the next page as the response, which saves a request between two trials; a
    plain form is redirected.
    """
    form = VoteForm(request.POST)
    if not form.is_answer():
        return HttpResponse("this is not an answer to a trial", status=400)
    try:
        participant, history, trial = vote_and_continue(token, **form.answer())
    except NotFoundError as error:
        raise Http404(str(error)) from error
    except TieNotOfferedError as error:
        return HttpResponse(str(error), status=400)
    if not by_script(request):
        return HttpResponseRedirect(participant.take_url, status=303)
    if history.break_is_due(participant):
        return _break_page(request, participant, history)
    return _trial_page(request, participant, history, trial)


@login_not_required
@never_cache
@require_POST
@SESSION.on_posts
def unloadable(request: HttpRequest, token: str) -> HttpResponse:
    """Record that a trial's pictures could not be shown; another trial takes its place."""
    session = _session(token)
    form = TrialForm(request.POST)
    if not form.is_valid():
        return HttpResponse("this is not a trial", status=400)
    trial = find_trial(session, form.cleaned_data["trial"])
    if trial is None:
        raise Http404("the session has no such trial")
    record_load_failure(trial)
    if by_script(request):  # it then requests the page that it is on
        return HttpResponse(status=204)
    return HttpResponseRedirect(session.participant.take_url, status=303)


@login_not_required
@require_safe
def picture(request: HttpRequest, key: str) -> HttpResponse:
    """A picture of a trial. Its address and its headers reveal nothing about it."""
    try:
        path = display.display_file(*trial_of_picture(key))
    except (BadSignature, Trial.DoesNotExist, PictureError) as error:
        raise Http404 from error
    response = HttpResponse(path.read_bytes(), content_type=display.CONTENT_TYPE)
    response["Cache-Control"] = "private, max-age=3600, immutable"
    return response


def language_for(study: Study, request: HttpRequest) -> str:
    """The study's language, or else the first available one of the browser's."""
    return study.language or get_language_from_request(request)


def page(
    request: HttpRequest, name: str, study: Study, language: str, **context: Any
) -> HttpResponse:
    """The template studies/`name`.html in a language; in English where it is not available."""
    language = language or settings.LANGUAGE_CODE
    # Only the default title has translations; a researcher's own title is not translated.
    context |= {"study": study, "title": gettext_lazy(study.title)}
    with override(language):
        response = render(request, f"studies/{name}.html", context)
    response["Content-Language"] = language
    patch_vary_headers(response, ("Accept-Language",))
    return response


def exit_page(
    request: HttpRequest, study: Study, ending: str, participant: Participant | None = None
) -> HttpResponse:
    """The page for people who do not, or no longer, take part: the reason, and where to go."""
    language = participant.language if participant else language_for(study, request)
    again_url = f"{participant.take_url}?again=1" if participant else ""
    return page(
        request,
        "exit",
        study,
        language,
        ending=ending,
        code=codes.code_for(study, ending),
        return_url=codes.return_url(study, ending),
        again_url=again_url,
    )


def _session(token: str) -> Session:
    session = find_session(token)
    if session is None:
        raise Http404("there is no such session")
    return session


def by_script(request: HttpRequest) -> bool:
    """Whether a page's script has sent the request."""
    return request.headers.get("X-Requested-With") == "fetch"


def _page(
    request: HttpRequest, name: str, participant: Participant, **context: Any
) -> HttpResponse:
    """A page of a session, in the session's language."""
    study = participant.study
    return page(request, name, study, participant.language, participant=participant, **context)


def _break_page(request: HttpRequest, participant: Participant, history: History) -> HttpResponse:
    return _page(
        request,
        "break",
        participant,
        answered=history.answered,
        go_on_url=reverse("studies:go_on", args=[participant.token]),
        stop_url=reverse("studies:stop", args=[participant.token]),
    )


def _trial_page(
    request: HttpRequest, participant: Participant, history: History, trial: Trial | None
) -> HttpResponse:
    """The trial to answer, or the end of the session where there is none."""
    if trial is None:
        return _end_page(request, participant)
    token = participant.token
    return trial_page(
        request,
        participant,
        trial,
        answered=history.answered,
        pictures={place: picture_url(trial, place) for place in PLACES},
        vote_url=reverse("studies:vote", args=[token]),
        unloadable_url=reverse("studies:unloadable", args=[token]),
        stop_url=reverse("studies:stop", args=[token]),
    )


def trial_page(
    request: HttpRequest, participant: Participant, trial: Trial, **context: Any
) -> HttpResponse:
    """A trial. `context` has `answered`, and the addresses `pictures` by place, `vote_url`,
    `unloadable_url` and `stop_url`.
    """
    study = participant.study
    return _page(
        request,
        "trial",
        participant,
        trial=trial,
        reference_name=study.question.reference,
        total=len(participant.trial_kinds),
        requirements=study.screen_requirements,
        **context,
    )


def _end_page(request: HttpRequest, participant: Participant) -> HttpResponse:
    if participant.state == Participant.State.WITHDRAWN:
        return exit_page(request, participant.study, "withdrawn", participant)
    if participant.state == Participant.State.ACTIVE:  # it ended before the first answer
        ending = "full" if participant.study.state == Study.State.OPEN else "not_open"
        return exit_page(request, participant.study, ending, participant)
    if participant.state != Participant.State.FINISHED:
        return exit_page(request, participant.study, "begun", participant)
    ending = codes.ending_of(participant)
    code = codes.code_for(participant.study, ending) or participant.code
    return_url = codes.return_url(participant.study, ending)
    return _page(request, "finish", participant, code=code, return_url=return_url)
