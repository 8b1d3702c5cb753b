"""Tokens in addresses, completion codes, and hashes of external ids."""

from __future__ import annotations

import secrets

from django.core import signing
from django.utils.crypto import salted_hmac

_LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"  # without I, L, O, 0 and 1, which look alike


def new_token() -> str:
    """A random token of 192 bits, safe in URLs. It is the only credential of a participant."""
    return secrets.token_urlsafe(24)


def simulated_token(entry_token: str) -> str:
    """The entry token for simulated participants: signed with the installation's secret key."""
    return signing.Signer(salt="studies.simulated").sign(entry_token)


def simulated_entry(token: str) -> str | None:
    """The entry token inside a token of `simulated_token`; None if the signature is wrong."""
    try:
        return signing.Signer(salt="studies.simulated").unsign(token)
    except signing.BadSignature:
        return None


def new_code() -> str:
    """A random completion code of ten letters and digits that are easy to copy by hand."""
    return "".join(secrets.choice(_LETTERS) for _ in range(10))


def hashed(external_id: str) -> str:
    """The keyed hash (HMAC-SHA-256, hexadecimal) under which an external id is stored.

    The key is the installation's secret. A known id can be looked up; a stored one cannot be
    decoded.
    """
    return salted_hmac("studies.external_id", external_id.strip(), algorithm="sha256").hexdigest()
