"""Participants' pages: the only ones without a login. Tokens in the address let people in.

The server knows where a participant stands. The address of a session never changes, so there is
nothing to go back to: every visit shows what comes next.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.signing import BadSignature
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from studies import display
from studies.errors import FullError, NotAdmittedError
from studies.forms import TrialForm, VoteForm
from studies.models import Participant, Study, Trial
from transfer.errors import PictureError

REMEMBERED = 30 * 24 * 3600
"""Seconds for which a browser finds back to its session from the study's link."""


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def enter(request: HttpRequest, token: str) -> HttpResponse:
    """The consent page. Consenting begins the session; who has begun goes on where they were."""
    study = get_object_or_404(Study, entry_token=token)
    known = _remembered(request, study)
    if known is not None:
        return redirect(known.take_url)
    if request.method == "POST" and request.POST.get("consent") == "yes":
        try:
            participant = study.admit()
        except NotAdmittedError as reason:
            return _away(request, study, full=isinstance(reason, FullError))
        return _remember(HttpResponseRedirect(participant.take_url, status=303), participant)
    if not study.admits():
        return _away(request, study, full=study.state == Study.State.OPEN)
    return render(request, "studies/consent.html", {"study": study, "consent": study.consent})


@login_not_required
@never_cache
@require_safe
def take(request: HttpRequest, token: str) -> HttpResponse:
    """What comes next for a participant: a trial, or the end."""
    participant = _participant(token)
    trial = participant.current_trial()
    if trial is None:
        ended = {"participant": participant, "study": participant.study}
        return render(request, "studies/finish.html", ended)
    pictures = {place: trial.picture_url(place) for place in ("reference", "left", "right")}
    context: dict[str, Any] = {
        "trial": trial,
        "study": participant.study,
        "question": participant.study.question,
        "pictures": pictures,
        "answered": participant.answered(),
        "total": len(participant.plan),
        "vote_url": reverse("studies:vote", args=[token]),
        "unloadable_url": reverse("studies:unloadable", args=[token]),
    }
    return render(request, "studies/trial.html", context)


@login_not_required
@never_cache
@require_POST
def vote(request: HttpRequest, token: str) -> HttpResponse:
    """Record an answer. However often it is sent, there is one vote and one answer: recorded."""
    participant = _participant(token)
    form = VoteForm(request.POST)
    form.full_clean()
    if set(form.errors) - {"response_ms"}:
        return HttpResponse("this is not an answer to a trial", status=400)
    sent = form.cleaned_data
    trial = get_object_or_404(participant.trials, public_id=sent["trial"])
    trial.vote(sent["choice"], sent["client_uuid"], sent.get("response_ms"))
    return _onward(request, participant)


@login_not_required
@never_cache
@require_POST
def unloadable(request: HttpRequest, token: str) -> HttpResponse:
    """Record that a trial's pictures could not be shown; another trial takes its place."""
    participant = _participant(token)
    form = TrialForm(request.POST)
    if not form.is_valid():
        return HttpResponse("this is not a trial", status=400)
    trial = get_object_or_404(participant.trials, public_id=form.cleaned_data["trial"])
    trial.could_not_load()
    return _onward(request, participant)


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


def _participant(token: str) -> Participant:
    return get_object_or_404(Participant.objects.select_related("study"), token=token)


def _onward(request: HttpRequest, participant: Participant) -> HttpResponse:
    # Our script asks for the next page itself; a plain form needs to be led there.
    if request.headers.get("X-Requested-With") == "fetch":
        return HttpResponse(status=204)
    return HttpResponseRedirect(participant.take_url, status=303)


def _away(request: HttpRequest, study: Study, *, full: bool) -> HttpResponse:
    return render(request, "studies/away.html", {"study": study, "full": full})


def _cookie(study: Study) -> str:
    return f"study-{study.pk}"


def _remembered(request: HttpRequest, study: Study) -> Participant | None:
    token = request.get_signed_cookie(_cookie(study), default="", salt="studies.participant")
    return study.participants.filter(token=token).first() if token else None


def _remember(response: HttpResponse, participant: Participant) -> HttpResponse:
    response.set_signed_cookie(
        _cookie(participant.study),
        participant.token,
        salt="studies.participant",
        max_age=REMEMBERED,
        path=reverse("studies:studies"),
        httponly=True,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )
    return response
