"""Access logs without keys, ids or IP addresses of people, in every log format."""

from __future__ import annotations

import re
from typing import Any

from gunicorn.glogging import Logger

_KEYS = re.compile(r"(?<=^/studies/)(join|take|picture)/[^/]+")


class AccessLog(Logger):  # type: ignore[misc]
    """gunicorn's logger. `--access-logfile -` writes time, method, path and status."""

    def atoms(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Return the values of a line, without ids of people and keys of sessions."""
        every = super().atoms(*args, **kwargs)
        path = _KEYS.sub(r"\1/-", every["U"] or "")
        path = path.encode("unicode_escape").decode()  # a line break would look like another line
        kept = {name: value for name, value in every.items() if not name.startswith("{")}
        hidden = dict.fromkeys("hluqfa", "-")
        return {**kept, **hidden, "U": path, "r": f"{every['m']} {path} {every['H']}"}
