"""The database of an installation: SQLite in the data folder, or the one DATABASE_URL names."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import dj_database_url
from django.core.exceptions import ImproperlyConfigured

_SQLITE = "django.db.backends.sqlite3"
_ACCEPTED = "use postgres://USER:PASSWORD@HOST:PORT/NAME or sqlite:////absolute/path.sqlite3"


def database(url: str, default: Path) -> dict[str, Any]:
    """Django's settings for the database at `url`; for the SQLite file `default` if it is empty.

    Raises:
        ImproperlyConfigured: `url` names no PostgreSQL database and no absolute SQLite file.

    """
    settings: dict[str, Any] = {"ENGINE": _SQLITE, "NAME": str(default)}
    if url:
        settings = dict(_parse(url))
    if settings["ENGINE"] == _SQLITE:
        # Votes survive a power cut: every commit reaches the disk. Deleted rows are overwritten.
        # Writers queue instead of failing: a transaction takes the write lock at its start.
        settings["OPTIONS"] = {
            "init_command": (
                "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA secure_delete=ON;"
            ),
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
        }
    # A connection that died while it was idle is replaced before its next use.
    return settings | {"CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True}


def make_private(settings: dict[str, Any]) -> None:
    """Let only this user read the file of an SQLite database; SQLite makes it readable by all.

    SQLite gives its further files (-wal, -shm) the permissions of the first.
    """
    if settings["ENGINE"] != _SQLITE:
        return
    path = Path(settings["NAME"])
    try:
        path.touch(mode=0o600)
        for file in (path, path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-shm")):
            if file.exists() and file.stat().st_mode & 0o077:
                file.chmod(0o600)
    except OSError:  # another user's, or read-only: SQLite reports the error
        return


def _parse(url: str) -> dict[str, Any]:
    try:
        parts = urlsplit(url)
        if parts.scheme not in ("postgres", "postgresql", "sqlite"):
            raise ValueError
        settings: dict[str, Any] = dict(dj_database_url.parse(url))
        name = str(settings["NAME"])
        if not name or (parts.scheme == "sqlite" and not Path(name).is_absolute()):
            raise ValueError
    except ValueError:
        # The cause is left out: it may quote the password.
        raise ImproperlyConfigured(
            f"DATABASE_URL={_without_password(url)!r} is not understood: {_ACCEPTED}"
        ) from None
    return settings


def _without_password(url: str) -> str:
    scheme, separator, rest = url.partition("://")
    return f"{scheme}{separator}…@{rest.rpartition('@')[2]}" if "@" in rest else url
