"""The page of an account, and the change of its password."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.forms import PasswordChangeForm
from django.contrib.auth.views import PasswordChangeView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse_lazy
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_safe

from common.shared_limit import SharedLimit
from config.accounts.policy import viewers_may

CHANGES = SharedLimit("password changes", most=10, seconds=900)
"""Attempts of one account, because each hashes passwords and tests the old one."""


@require_safe
def account(request: HttpRequest) -> HttpResponse:
    """The account's role, and what its owner can do with it."""
    return render(request, "accounts/account.html")


@method_decorator(viewers_may, name="dispatch")
class ChangePassword(PasswordChangeView):
    """The form for a new password. Other sessions of the account end."""

    template_name = "accounts/password.html"
    success_url = reverse_lazy("accounts:account")

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Count the attempt before a password is hashed."""
        if not CHANGES.allows(str(request.user.pk)):
            messages.error(request, "Too many attempts: try again in 15 minutes.")
            return redirect("accounts:account")
        return super().post(request, *args, **kwargs)

    def form_valid(self, form: PasswordChangeForm) -> HttpResponse:
        """Say that it is changed."""
        done = "Your password is changed. You are logged out in other browsers."
        messages.success(self.request, done)
        return super().form_valid(form)
