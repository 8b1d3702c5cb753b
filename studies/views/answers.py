"""Further requests of a session: a changed answer, questions at the end, pictures fetched ahead."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from common.rate_limit import SESSION
from studies.forms.participant import QuestionnaireForm, VoteForm
from studies.models.trial import PLACES
from studies.sessions import ahead, questionnaire
from studies.sessions.changing import change_answer, last_answered
from studies.sessions.errors import NotFoundError, TieNotOfferedError
from studies.sessions.next_trial import history_of
from studies.sessions.trial_content import picture_url
from studies.views.participant import questions_page, session_of, trial_page

if TYPE_CHECKING:
    from studies.models import Participant


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@SESSION.on_posts
def questions(request: HttpRequest, token: str) -> HttpResponse:
    """The questions after the last trial. The first answers that arrive are kept."""
    participant = session_of(token).participant
    if not questionnaire.is_due(participant):
        return HttpResponseRedirect(participant.take_url, status=303)
    if request.method != "POST":
        return questions_page(request, participant)
    form = QuestionnaireForm(participant.study.session_rules.questionnaire, request.POST)
    if not form.is_valid():
        return questions_page(request, participant, form)
    questionnaire.record(participant, form.cleaned_data)
    return HttpResponseRedirect(participant.take_url, status=303)


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@SESSION.on_posts
def change(request: HttpRequest, token: str) -> HttpResponse:
    """The trial before the current one, whose answer may be changed."""
    participant = session_of(token).participant
    if request.method == "POST":
        return _change(request, participant)
    trial, history = last_answered(participant), history_of(participant)
    if trial is None or not history.offers_change(participant):
        return HttpResponseRedirect(participant.take_url, status=303)
    return trial_page(
        request,
        participant,
        trial,
        answered=history.answered - 1,
        pictures={place: picture_url(trial, place) for place in PLACES},
        chosen=trial.answer.choice,
        keep_url=participant.take_url,
        vote_url=reverse("studies:change", args=[token]),
        unloadable_url=reverse("studies:unloadable", args=[token]),
        stop_url=reverse("studies:stop", args=[token]),
    )


def _change(request: HttpRequest, participant: Participant) -> HttpResponse:
    form = VoteForm(request.POST)
    if not form.is_answer():
        return HttpResponse("this is not an answer to a trial", status=400)
    try:
        change_answer(participant.token, **form.answer())
    except TieNotOfferedError as error:
        return HttpResponse(str(error), status=400)
    # A script follows the redirect too, and gets the page of the current trial.
    return HttpResponseRedirect(participant.take_url, status=303)


@login_not_required
@never_cache
@require_POST
@SESSION.on_posts
def look_ahead(request: HttpRequest, token: str) -> HttpResponse:
    """The addresses of the next trial's pictures as JSON, to fetch while this one is looked at."""
    try:
        pictures = ahead.look_ahead(token)
    except NotFoundError as error:
        raise Http404(str(error)) from error
    return JsonResponse({"pictures": pictures})
