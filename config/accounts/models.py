"""Tables of accounts: tokens that let programs read, and invitations to make an account."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

from django.conf import settings
from django.core import signing
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from config.accounts.roles import Role

PREFIX = "ecspace_"
"""Begins every token, so that scanners for lost secrets recognise one."""
SHOWN = len(PREFIX) + 4
"""Letters of a token that are kept, so that its owner recognises it."""
USE_IS_NOTED = timedelta(minutes=1)
"""The time of the last use is exact to this, so that not every request writes."""

VALID = timedelta(days=7)
"""How long an invitation can be used."""
_SALT = "accounts.invitation"


def in_a_week() -> datetime:
    """The end of an invitation that is made now."""
    return timezone.now() + VALID


class TokenQuerySet(models.QuerySet["AccessToken"]):
    """Tokens by their secrets."""

    def issue(self, user_id: int, name: str) -> tuple[AccessToken, str]:
        """Store a new token, and return it with its secret, which is not stored."""
        secret = PREFIX + secrets.token_urlsafe(32)
        row = self.create(
            user_id=user_id, name=name, digest=digest_of(secret), beginning=secret[:SHOWN]
        )
        return row, secret

    def used(self, secret: str) -> AccessToken | None:
        """The token of a secret, whose use is noted; None for an unknown one."""
        found = self.filter(digest=digest_of(secret), user__is_active=True)
        token = found.select_related("user").first()
        if token is not None:
            now = timezone.now()
            long_ago = Q(last_used_at=None) | Q(last_used_at__lt=now - USE_IS_NOTED)
            if token.last_used_at is None or token.last_used_at < now - USE_IS_NOTED:
                self.filter(long_ago, pk=token.pk).update(last_used_at=now)
        return token


class AccessToken(models.Model):
    """The right of a program to read what an account may read. It can change nothing."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="access_tokens"
    )
    name = models.CharField(max_length=100)
    # SHA-256 of the secret. It has 256 random bits, so a slow hash would add nothing.
    digest = models.CharField(max_length=64, unique=True, editable=False)
    beginning = models.CharField(max_length=SHOWN, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True, blank=True)

    objects = TokenQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["user", "name"], name="token_name_per_account")
        ]

    def __str__(self) -> str:
        return self.name


def digest_of(secret: str) -> str:
    """The hash under which a secret is stored."""
    return hashlib.sha256(secret.encode()).hexdigest()


class InvitationQuerySet(models.QuerySet["Invitation"]):
    """Invitations by state."""

    def open(self) -> InvitationQuerySet:
        """Invitations that can still be used."""
        return self.filter(used_at=None, expires_at__gt=timezone.now())

    def signed(self, text: str) -> Invitation | None:
        """The open invitation of a link; None if the signature is wrong or it cannot be used."""
        try:
            pk = signing.Signer(salt=_SALT).unsign_object(text)
        except signing.BadSignature:
            return None
        return self.open().filter(pk=pk).first()

    def take(self, invitation: Invitation, user_id: int) -> bool:
        """Use an invitation up; False if somebody was faster."""
        row = self.open().filter(pk=invitation.pk)
        return row.update(used_at=timezone.now(), used_by=user_id) == 1


class Invitation(models.Model):
    """The right to make one account, by a signed link."""

    role = models.CharField(max_length=6, choices=Role.choices)
    # For whom it is; only owners see it.
    note = models.CharField(max_length=200, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="invitations"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(default=in_a_week)
    used_at = models.DateTimeField(null=True, blank=True)
    used_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    objects = InvitationQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]

    def __str__(self) -> str:
        return self.note or f"invitation {self.pk}"

    @property
    def path(self) -> str:
        """The path of its link. The browser adds the site's name: no header decides it."""
        return reverse("accounts:join", args=[signing.Signer(salt=_SALT).sign_object(self.pk)])
