"""The pages of a session: trials, breaks and the end. The token in the address identifies it.

The position of a session is stored on the server. Its address never changes, so the browser's Back
button has no earlier page of it: every visit shows what comes next.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.signing import BadSignature
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseRedirect,
)
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.translation import get_language_from_request, gettext_lazy, override
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from common.errors import PictureError
from common.rate_limit import SESSION
from studies.design import DESIGNS
from studies.forms.participant import QuestionnaireForm, TrialForm, VoteForm
from studies.models import Participant, Study, Trial, TrialKind
from studies.models.trial import PLACES
from studies.privacy.erasure import erase
from studies.sessions import completion_codes as codes
from studies.sessions import display, questionnaire
from studies.sessions.errors import NotFoundError, TieNotOfferedError
from studies.sessions.next_trial import (
    Session,
    current_trial,
    find_session,
    find_trial,
    history_of,
    take_break,
)
from studies.sessions.trial_content import (
    example_of,
    example_url,
    picture_url,
    trial_of_picture,
)
from studies.sessions.voting import record_load_failure, vote_and_continue

if TYPE_CHECKING:
    from studies.sessions.history import History
    from studies.sessions.voting import Continuation


@login_not_required
@never_cache
@require_safe
def take(request: HttpRequest, token: str) -> HttpResponse:
    """The next page of a session: a trial, a break, or the end."""
    participant, waiting = session_of(token)
    history = history_of(participant)
    if history.break_is_due(participant):
        return _break_page(request, participant, history)
    if history.pictures_fail and "again" not in request.GET:
        return exit_page(request, participant.study, "not_loaded", participant)
    if _is_instructed(request, participant, history):
        return _instructions_page(request, participant, waiting)
    return _trial_page(request, participant, history, current_trial(participant, waiting))


@login_not_required
@never_cache
@require_POST
@SESSION.on_posts
def go_on(request: HttpRequest, token: str) -> HttpResponse:
    """Continue after a break."""
    participant = session_of(token).participant
    take_break(participant)
    return HttpResponseRedirect(participant.take_url, status=303)


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@SESSION.on_posts
def stop(request: HttpRequest, token: str) -> HttpResponse:
    """The page on which a participant stops, and may have all answers erased."""
    participant = session_of(token).participant
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
        done = vote_and_continue(token, **form.answer())
    except NotFoundError as error:
        raise Http404(str(error)) from error
    except TieNotOfferedError as error:
        return HttpResponse(str(error), status=400)
    participant, history = done.participant, done.history
    if not by_script(request):
        return HttpResponseRedirect(participant.take_url, status=303)
    if done.answered.kind == TrialKind.TRAINING and done.answered.expected:
        return _feedback_page(request, done)
    if history.break_is_due(participant):
        return _break_page(request, participant, history)
    return _trial_page(request, participant, history, done.trial)


@login_not_required
@never_cache
@require_POST
@SESSION.on_posts
def unloadable(request: HttpRequest, token: str) -> HttpResponse:
    """Record that a trial's pictures could not be shown; another trial takes its place."""
    session = session_of(token)
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


def session_of(token: str) -> Session:
    """The session of a token.

    Raises:
        Http404: there is none.

    """
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


def _is_instructed(request: HttpRequest, participant: Participant, history: History) -> bool:
    """Whether the instructions come next: before the first answer, until the participant begins."""
    begins = not history.answered and participant.state == Participant.State.ACTIVE
    return begins and participant.study.session_rules.instructions and "begun" not in request.GET


def _instructions_page(
    request: HttpRequest, participant: Participant, waiting: Trial | None
) -> HttpResponse:
    example, first = example_of(participant), current_trial(participant, waiting)
    if example is None or first is None:
        return _end_page(request, participant)
    return instructions_page(
        request,
        participant,
        example,
        pictures={place: example_url(participant, place) for place in PLACES},
        fetch_ahead=_addresses(first),
        begin_url=f"{participant.take_url}?begun=1",
        stop_url=reverse("studies:stop", args=[participant.token]),
    )


def instructions_page(
    request: HttpRequest, participant: Participant, example: Trial, **context: Any
) -> HttpResponse:
    """The instructions. `context` has `pictures` of the example by place, `begin_url`, `stop_url`,
    and `fetch_ahead`, the addresses of the first trial's pictures.
    """
    return _page(
        request,
        "instructions",
        participant,
        example=example,
        reference_name=participant.study.question.reference,
        practice=participant.trial_kinds.count(TrialKind.TRAINING),
        feedback=participant.study.session_rules.feedback,
        **context,
    )


def _feedback_page(request: HttpRequest, done: Continuation) -> HttpResponse:
    return feedback_page(
        request,
        done.participant,
        done.answered,
        done.choice,
        answered=done.history.answered,
        pictures={place: picture_url(done.answered, place) for place in PLACES},
        fetch_ahead=_addresses(done.trial) if done.trial else [],
        take_url=done.participant.take_url,
        stop_url=reverse("studies:stop", args=[done.participant.token]),
    )


def feedback_page(
    request: HttpRequest, participant: Participant, trial: Trial, choice: str, **context: Any
) -> HttpResponse:
    """The right answer to a practice trial. `context` has `answered`, `pictures` by place,
    `fetch_ahead`, `take_url` and `stop_url`.
    """
    return _page(
        request,
        "feedback",
        participant,
        trial=trial,
        right=choice == trial.expected,
        reference_name=participant.study.question.reference,
        total=len(participant.trial_kinds),
        requirements=participant.study.screen_requirements,
        **context,
    )


def _addresses(trial: Trial) -> list[str]:
    return [picture_url(trial, place) for place in PLACES]


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
        take_url=participant.take_url,
        ahead_url=_ahead_url(participant, history),
        change_url=reverse("studies:change", args=[token])
        if history.offers_change(participant)
        else "",
    )


def _ahead_url(participant: Participant, history: History) -> str:
    """Where the script asks for the pictures of the next trial; empty if it need not ask."""
    following = participant.trial_kinds[history.answered + 1 :][:1]
    follows_votes = DESIGNS[participant.study.design].next_round is not None
    if following != [TrialKind.REAL] or follows_votes:
        return ""
    return reverse("studies:ahead", args=[participant.token])


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
        practice=trial.kind == TrialKind.TRAINING and bool(trial.expected),
        **context,
    )


def questions_page(
    request: HttpRequest, participant: Participant, form: QuestionnaireForm | None = None
) -> HttpResponse:
    """The questions after the last trial; `form` has the answers that were refused."""
    form = form or QuestionnaireForm(participant.study.session_rules.questionnaire)
    address = reverse("studies:questions", args=[participant.token])
    return _page(request, "questionnaire", participant, form=form, questions_url=address)


def _end_page(request: HttpRequest, participant: Participant) -> HttpResponse:
    if participant.state == Participant.State.WITHDRAWN:
        return exit_page(request, participant.study, "withdrawn", participant)
    if participant.state == Participant.State.ACTIVE:  # it ended before the first answer
        ending = "full" if participant.study.state == Study.State.OPEN else "not_open"
        return exit_page(request, participant.study, ending, participant)
    if participant.state != Participant.State.FINISHED:
        return exit_page(request, participant.study, "begun", participant)
    if questionnaire.is_due(participant):
        return questions_page(request, participant)
    ending = codes.ending_of(participant)
    code = codes.code_for(participant.study, ending) or participant.code
    return_url = codes.return_url(participant.study, ending)
    return _page(request, "finish", participant, code=code, return_url=return_url)
