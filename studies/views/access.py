"""Access of researchers to studies. Others get the response for a study that does not exist."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth import get_user_model
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from common.shared_limit import SharedLimit
from studies.models import Study

SHARES = SharedLimit("shares", most=30, seconds=3600)
"""Attempts of one researcher, limited because the answer reveals whether an account exists."""


def visible_study(request: HttpRequest, pk: int) -> Study:
    """The study, if the researcher may see it.

    Raises:
        Http404: there is no such study, or the researcher may not see it.

    """
    return get_object_or_404(Study.objects.visible_to(request.user), pk=pk)


@require_POST
def share(request: HttpRequest, pk: int) -> HttpResponse:
    """Share a study with another researcher, who may see and run it."""
    found = _own_study(request, pk)
    name = request.POST.get("username", "").strip()
    if not SHARES.allows(str(request.user.pk)):
        messages.error(request, "Too many attempts to share studies: try again in an hour.")
        return redirect(found)
    user = get_user_model().objects.filter(username=name, is_active=True).first()
    if user is None:
        messages.error(request, f"There is no account named “{name}”.")
    else:
        found.members.add(user)
        messages.success(request, f"The study is shared with {name}.")
    return redirect(found)


@require_POST
def unshare(request: HttpRequest, pk: int) -> HttpResponse:
    """End the sharing of a study with another researcher."""
    found = _own_study(request, pk)
    name = request.POST.get("username", "")
    found.members.remove(*found.members.filter(username=name))
    messages.success(request, f"The study is no longer shared with {name}.")
    return redirect(found)


def _own_study(request: HttpRequest, pk: int) -> Study:
    found = visible_study(request, pk)
    if not found.belongs_to(request.user):
        raise Http404
    return found
