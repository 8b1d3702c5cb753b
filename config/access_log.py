"""Access logs without keys, ids or addresses of people, whatever format they are asked for."""

from __future__ import annotations

import re
from typing import Any

from gunicorn.glogging import Logger

_KEYS = re.compile(r"(?<=^/studies/)(join|take|picture)/[^/]+")


class AccessLog(Logger):  # type: ignore[misc]
    """gunicorn's logger. `--access-logfile -` writes what is left: time, method, path, answer."""

    def atoms(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Give the values of a line, without those that lead to a person or open a session."""
        every = super().atoms(*args, **kwargs)
        path = _KEYS.sub(r"\1/-", every["U"] or "")
        path = path.encode("unicode_escape").decode()  # a line break would look like another line
        kept = {name: value for name, value in every.items() if not name.startswith("{")}
        hidden = dict.fromkeys("hluqfa", "-")
        return {**kept, **hidden, "U": path, "r": f"{every['m']} {path} {every['H']}"}
