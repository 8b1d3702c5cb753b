"""Who asks: the token of a request, and how many requests a minute it may make."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import HttpRequest
from ninja.errors import HttpError
from ninja.security import HttpBearer

from common.rate_limit import Limit
from config.accounts.models import AccessToken

if TYPE_CHECKING:
    from django.contrib.auth.models import User

REQUESTS = Limit("api", most=600, seconds=60)
"""Requests with one token."""
TABLES = Limit("api-tables", most=60, seconds=60)
"""Whole tables with one token."""


class TooManyRequestsError(HttpError):
    """More requests with one token than its limit; answered with 429."""

    def __init__(self, limit: Limit) -> None:
        super().__init__(429, f"More than {limit.most} requests in {limit.seconds} s: wait.")
        self.seconds = limit.seconds


class Token(HttpBearer):
    """A token in the header `Authorization: Bearer ecspace_…`."""

    def authenticate(self, request: HttpRequest, token: str) -> AccessToken | None:
        """The row of a token; None, which is answered with 401, for an unknown one."""
        found = AccessToken.objects.used(token)
        if found is not None and not REQUESTS.allows(str(found.pk)):
            raise TooManyRequestsError(REQUESTS)
        return found


def reader(request: HttpRequest) -> User:
    """The owner of the request's token."""
    return _token(request).user


def count_table(request: HttpRequest) -> None:
    """Count a whole table. Raises TooManyRequestsError."""
    if not TABLES.allows(str(_token(request).pk)):
        raise TooManyRequestsError(TABLES)


def _token(request: HttpRequest) -> AccessToken:
    token: AccessToken = request.auth  # type: ignore[attr-defined]
    return token
