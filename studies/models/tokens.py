"""Opaque tokens and codes."""

from __future__ import annotations

import secrets

from django.core import signing
from django.utils.crypto import salted_hmac

_LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"  # nobody mistakes I for 1 or O for 0


def new_token() -> str:
    """192 random bits: whoever holds the token is let in, and nobody guesses it."""
    return secrets.token_urlsafe(24)


def simulated_token(entry_token: str) -> str:
    """The key to a study for simulated participants: only who has the site's secret can make it."""
    return signing.Signer(salt="studies.simulated").sign(entry_token)


def simulated_entry(token: str) -> str | None:
    """The entry token in a key that `simulated_token` made; None where it is none."""
    try:
        return signing.Signer(salt="studies.simulated").unsign(token)
    except signing.BadSignature:
        return None


def new_code() -> str:
    """A completion code that people can copy by hand."""
    return "".join(secrets.choice(_LETTERS) for _ in range(10))


def hashed(external_id: str) -> str:
    """What is stored of an id that names a person elsewhere.

    It is keyed with the installation's secret: the id can be looked up, not read back.
    """
    return salted_hmac("studies.external_id", external_id.strip(), algorithm="sha256").hexdigest()
