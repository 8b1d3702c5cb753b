"""The role of an account: owner, member or viewer of the installation.

Owners are Django's superusers, viewers those in the group `viewers`, and all others are members. So
accounts made by `createsuperuser`, or before there were roles, keep their rights.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.db import models, transaction

from common.errors import InputError

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser
    from django.contrib.auth.models import AnonymousUser, User

VIEWERS = "viewers"
"""The name of the group of viewers."""


class Role(models.TextChoices):
    """What an account may do."""

    OWNER = "owner", "owner: everything, and invites people"
    MEMBER = "member", "member: uploads, makes stimuli, runs own and shared studies"
    VIEWER = "viewer", "viewer: sees pictures, batches and shared studies, and changes nothing"


def role_of(user: AbstractBaseUser | AnonymousUser) -> Role | None:
    """The role of an account; None for a visitor."""
    if not user.is_authenticated:
        return None
    if getattr(user, "is_superuser", False):
        return Role.OWNER
    is_viewer = Group.objects.filter(name=VIEWERS, user=user.pk).exists()
    return Role.VIEWER if is_viewer else Role.MEMBER


def set_role(user: User, role: str) -> None:
    """Give an account a role.

    Raises:
        InputError: nobody else would be an owner.

    """
    with transaction.atomic():
        if role != Role.OWNER:
            check_another_owner(user)
        user.is_superuser = role == Role.OWNER
        user.save(update_fields=["is_superuser"])
        group, _ = Group.objects.get_or_create(name=VIEWERS)
        if role == Role.VIEWER:
            user.groups.add(group)
        else:
            user.groups.remove(group)


def check_another_owner(user: User) -> None:
    """Raise InputError if the account is the only active owner. Call it inside a transaction."""
    users = get_user_model().objects.filter(is_superuser=True, is_active=True)
    owners = set(users.select_for_update().values_list("pk", flat=True))
    if owners == {user.pk}:
        raise InputError(f"{user.get_username()} is the only owner: make another account one first")
