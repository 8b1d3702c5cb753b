"""The secret key of an installation: made on the first run, kept outside the repository."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured


def read_or_make(path: Path) -> str:
    """The key stored at `path`; a new one, readable by its owner alone, where there is none.

    Raises:
        ImproperlyConfigured: the file is empty, or can neither be read nor written.

    """
    try:
        if not path.exists():
            _make(path)
        key = path.read_text().strip()
    except OSError as error:
        raise ImproperlyConfigured(
            f"the secret key file {path} cannot be used ({error.strerror}): set SECRET_KEY, or set "
            "SECRET_KEY_FILE to a path that this user can write"
        ) from error
    if len(key) < 50:
        raise ImproperlyConfigured(
            f"the secret key file {path} is empty or too short: delete it and a new key is made"
        )
    return key


def _make(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    temporary = path.with_name(f"{path.name}.{os.getpid()}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_urlsafe(64))
        file.flush()
        os.fsync(file.fileno())
    try:
        # A link fails where another process was first, and both then read the same key.
        os.link(temporary, path)
    except FileExistsError:
        pass
    finally:
        temporary.unlink()
