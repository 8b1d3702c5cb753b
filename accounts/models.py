"""Tables of accounts: tokens that let programs read in the name of an account."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

PREFIX = "ecspace_"
"""Begins every token, so that scanners for lost secrets recognise one."""
SHOWN = len(PREFIX) + 4
"""Letters of a token that are kept, so that its owner recognises it."""
USE_IS_NOTED = timedelta(minutes=1)
"""The time of the last use is exact to this, so that not every request writes."""


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
