"""Clients of the API."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.core.cache import cache
from django.test import Client


@pytest.fixture(autouse=True)
def fresh_limits(settings, tmp_path) -> None:
    """No request was counted before."""
    cache.clear()
    settings.DATA_DIR = tmp_path
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def program(db, django_user_model) -> Callable[..., Client]:
    """A client with a token of the account of that name, which is made if it is missing."""
    from config.accounts.models import AccessToken

    def make(name: str = "ada") -> Client:
        user = django_user_model.objects.filter(username=name).first()
        user = user or django_user_model.objects.create_user(name)
        _, secret = AccessToken.objects.issue(user.pk, f"token {AccessToken.objects.count()}")
        return Client(headers={"Authorization": f"Bearer {secret}"})

    return make
