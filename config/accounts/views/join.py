"""The page of an invitation: whoever has the link makes one account."""

from __future__ import annotations

from django.contrib.auth import login
from django.contrib.auth.decorators import login_not_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from common.shared_limit import SharedLimit
from config.accounts.forms import JoinForm
from config.accounts.models import Invitation
from config.accounts.roles import set_role

ATTEMPTS = SharedLimit("invitation", most=20, seconds=900)
"""Attempts with one invitation, because each hashes a password and tells whether a name is free."""


@login_not_required
@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def join(request: HttpRequest, link: str) -> HttpResponse:
    """Make the account of an invitation, and log in."""
    invitation = Invitation.objects.signed(link)
    if invitation is None:
        return render(request, "accounts/join.html", status=404)
    if request.method == "POST" and not ATTEMPTS.allows(str(invitation.pk)):
        response = HttpResponse("Too many attempts: try again in 15 minutes.", status=429)
        response["Retry-After"] = str(ATTEMPTS.seconds)
        return response
    form = JoinForm(request.POST or None, label_suffix="")
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            user = form.save()
            set_role(user, invitation.role)
            taken = Invitation.objects.take(invitation, user.pk)
            transaction.set_rollback(not taken)
        if not taken:
            return render(request, "accounts/join.html", status=404)
        login(request, user, backend="django.contrib.auth.backends.ModelBackend")
        return redirect("home")
    return render(request, "accounts/join.html", {"form": form, "invitation": invitation})
