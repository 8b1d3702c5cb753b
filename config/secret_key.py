"""The secret key of an installation: made at the first start, stored outside the repository."""

from __future__ import annotations

import secrets
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from common.atomic import replace_file
from common.errors import StorageError


def read_or_make(path: Path) -> str:
    """The key stored at `path`. If there is none, a new one is stored, readable by its owner alone.

    Raises:
        ImproperlyConfigured: the file is empty, or can neither be read nor written.

    """
    try:
        if not path.exists():
            _make(path)
        key = path.read_text().strip()
    except (OSError, StorageError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise ImproperlyConfigured(
            f"the secret key file {path} cannot be used ({reason}): set SECRET_KEY, or set "
            "SECRET_KEY_FILE to a path that this user can write"
        ) from error
    if len(key) < 50:
        raise ImproperlyConfigured(
            f"the secret key file {path} is empty or too short: delete it and a new key is made"
        )
    return key


def _make(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    # Of two processes that start at once, one writes the key and both then read it.
    with replace_file(path, mode=0o600, keep_existing=True) as file:
        file.write(secrets.token_urlsafe(64).encode())
