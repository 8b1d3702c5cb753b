"""The owners' page: accounts with their roles, and invitations."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from django.contrib import messages
from django.contrib.auth import get_user_model
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from common.errors import InputError
from config.accounts.forms import InviteForm
from config.accounts.models import Invitation
from config.accounts.policy import owners_only
from config.accounts.roles import Role, check_another_owner, role_of, set_role

if TYPE_CHECKING:
    from django.contrib.auth.models import User

MOST_OPEN = 100
"""Open invitations of an installation."""


@owners_only
@never_cache
@require_safe
def people(request: HttpRequest) -> HttpResponse:
    """All accounts, open invitations, and the form for another one."""
    return _page(request, InviteForm(initial={"role": Role.MEMBER}))


@owners_only
@require_POST
def invite(request: HttpRequest) -> HttpResponse:
    """Make an invitation."""
    form = InviteForm(request.POST, instance=Invitation(created_by=cast("User", request.user)))
    if not form.is_valid():
        return _page(request, form)
    if Invitation.objects.open().count() >= MOST_OPEN:
        messages.error(request, f"There are {MOST_OPEN} open invitations: withdraw some first.")
    else:
        form.save()
        messages.success(request, "The invitation is made: send its link to that person alone.")
    return redirect("accounts:people")


@owners_only
@require_POST
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Withdraw an open invitation."""
    get_object_or_404(Invitation.objects.open(), pk=pk).delete()
    messages.success(request, "The invitation is withdrawn: its link no longer works.")
    return redirect("accounts:people")


@owners_only
@require_POST
def change_role(request: HttpRequest, pk: int) -> HttpResponse:
    """Give an account another role."""
    user = get_object_or_404(get_user_model(), pk=pk)
    wanted = request.POST.get("role", "")
    try:
        if wanted not in Role.values:
            raise InputError(f"role '{wanted}' is unknown: use {', '.join(Role.values)}")
        set_role(user, wanted)
        messages.success(request, f"{user.get_username()} is {wanted} now.")
    except InputError as error:
        messages.error(request, str(error))
    return redirect("accounts:people")


@owners_only
@require_POST
def change_active(request: HttpRequest, pk: int) -> HttpResponse:
    """Deactivate an account, which keeps its studies, or activate it again."""
    user = get_object_or_404(get_user_model(), pk=pk)
    active = request.POST.get("active") == "yes"
    try:
        with transaction.atomic():
            if not active:
                check_another_owner(user)
            user.is_active = active
            user.save(update_fields=["is_active"])
        done = "may log in again" if active else "can no longer log in; its studies stay"
        messages.success(request, f"{user.get_username()} {done}.")
    except InputError as error:
        messages.error(request, str(error))
    return redirect("accounts:people")


def _page(request: HttpRequest, form: InviteForm) -> HttpResponse:
    form.label_suffix = ""
    users = get_user_model().objects.order_by("username")
    context = {
        "form": form,
        "people": [(user, role_of(user)) for user in users],
        "roles": Role.choices,
        "invitations": Invitation.objects.open().select_related("created_by"),
    }
    return render(request, "accounts/people.html", context)
