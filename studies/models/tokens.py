"""Opaque tokens and codes."""

from __future__ import annotations

import secrets

from django.utils.crypto import salted_hmac

_LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"  # nobody mistakes I for 1 or O for 0


def new_token() -> str:
    """192 random bits: whoever holds the token is let in, and nobody guesses it."""
    return secrets.token_urlsafe(24)


def new_code() -> str:
    """A completion code that people can copy by hand."""
    return "".join(secrets.choice(_LETTERS) for _ in range(10))


def hashed(external_id: str) -> str:
    """What is stored of an id that names a person elsewhere.

    It is keyed with the installation's secret: the id can be looked up, not read back.
    """
    return salted_hmac("studies.external_id", external_id.strip(), algorithm="sha256").hexdigest()
