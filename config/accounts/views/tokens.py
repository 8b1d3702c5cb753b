"""The page of an account's tokens for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from django.contrib import messages
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from config.accounts.forms import TokenForm
from config.accounts.models import AccessToken
from config.accounts.policy import viewers_may

if TYPE_CHECKING:
    from django.contrib.auth.models import User


@viewers_may
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def tokens(request: HttpRequest) -> HttpResponse:
    """The tokens of the account. The answer to the form is the only page that shows a secret."""
    user = cast("User", request.user)
    form = TokenForm(user, request.POST or None)
    secret: str | None = None
    if request.method == "POST" and form.is_valid():
        try:
            with transaction.atomic():
                _, secret = AccessToken.objects.issue(user.pk, form.cleaned_data["name"])
            form = TokenForm(user)
        except IntegrityError:  # a double click
            form.add_error("name", "You have a token of this name: revoke it, or use another.")
    context = {
        "form": form,
        "secret": secret,
        "tokens": AccessToken.objects.filter(user=user),
        "address": request.build_absolute_uri(reverse("api:api-root")),
    }
    return render(request, "accounts/tokens.html", context)


@viewers_may
@require_POST
def revoke(request: HttpRequest, pk: int) -> HttpResponse:
    """Revoke a token of the account."""
    row = get_object_or_404(AccessToken, pk=pk, user_id=request.user.pk)
    row.delete()
    messages.success(request, f"The token {row.name} is revoked.")
    return redirect("accounts:tokens")
