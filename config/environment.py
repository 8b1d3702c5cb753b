"""Read settings from environment variables. A value that is not accepted stops the start."""

from __future__ import annotations

import os
import re
import zoneinfo
from collections.abc import Mapping, Sequence
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

_YES = ("1", "true", "yes", "on")
_NO = ("0", "false", "no", "off")


def text(name: str, default: str) -> str:
    """The text of the variable; `default` if it is unset or empty."""
    return os.environ.get(name, "") or default


def flag(name: str, default: bool) -> bool:
    """A truth value."""
    value = text(name, "yes" if default else "no").lower()
    if value in _YES:
        return True
    if value in _NO:
        return False
    raise ImproperlyConfigured(
        f"{name}={value!r} is not understood: use one of {', '.join(_YES)} or {', '.join(_NO)}"
    )


def whole_number(name: str, default: int, *, least: int = 0) -> int:
    """A whole number of at least `least`."""
    value = text(name, str(default))
    if not value.isascii() or not value.isdigit() or int(value) < least:
        raise ImproperlyConfigured(
            f"{name}={value!r} is not understood: use a whole number of at least {least}"
        )
    return int(value)


def choice(name: str, default: str, choices: Sequence[str]) -> str:
    """One of `choices`."""
    value = text(name, default)
    if value not in choices:
        raise ImproperlyConfigured(
            f"{name}={value!r} is not understood: use one of {', '.join(choices)}"
        )
    return value


def alias(name: str, default: str, values: Mapping[str, str]) -> str:
    """The value of one of the short names `values`; a value itself is accepted as well."""
    known = {**values, **{value: value for value in values.values()}}
    value = text(name, default)
    if value not in known:
        raise ImproperlyConfigured(
            f"{name}={value!r} is not understood: use one of {', '.join(values)}"
        )
    return known[value]


def cores() -> int:
    """The processor cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):  # not on macOS
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def names(name: str, default: Sequence[str]) -> list[str]:
    """A comma-separated list; blanks around a name are removed."""
    value = text(name, ",".join(default))
    return [part.strip() for part in value.split(",") if part.strip()]


def origins(name: str) -> list[str]:
    """A comma-separated list of origins, each with its scheme."""
    values = names(name, [])
    for value in values:
        if not re.fullmatch(r"https?://[^/\s]+", value):
            raise ImproperlyConfigured(
                f"{name}={value!r} is not understood: use origins such as https://study.example.org"
            )
    return values


def time_zone(name: str, default: str) -> str:
    """A time zone of the IANA database."""
    value = text(name, default)
    try:
        zoneinfo.ZoneInfo(value)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ImproperlyConfigured(
            f"{name}={value!r} is not understood: use UTC or a name such as Europe/Berlin"
        ) from error
    return value


def folder(name: str, default: Path) -> Path:
    """A folder that this user can write to; it is made if it is missing."""
    path = Path(text(name, str(default))).expanduser().resolve()
    try:
        path.mkdir(parents=True, exist_ok=True)
        writable = os.access(path, os.W_OK | os.X_OK)
    except OSError:
        writable = False
    if not writable:
        raise ImproperlyConfigured(
            f"{name}={str(path)!r} cannot be used: name a directory that this user can make and "
            "write to"
        )
    return path
