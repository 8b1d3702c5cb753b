"""The reports that `manage.py report` has written, shown on the site."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from csp.constants import NONE, UNSAFE_INLINE
from csp.decorators import csp
from django.conf import settings
from django.http import FileResponse, Http404, HttpRequest
from django.views.decorators.http import require_safe

from metrics.models import Calibration

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser
    from django.contrib.auth.models import AnonymousUser

# A report opens from disk, so its scripts and styles lie within it as data. On the site it is shut
# off: it may run them, but loads nothing, sends nothing, and counts as a foreign origin.
_SHUT_OFF = {
    "sandbox": ["allow-scripts"],
    "default-src": [NONE],
    "script-src": [UNSAFE_INLINE, "data:"],
    "style-src": [UNSAFE_INLINE, "data:"],
    "img-src": ["data:"],
    "frame-ancestors": [NONE],
}


def written_reports(user: AbstractBaseUser | AnonymousUser) -> list[str]:
    """The names of the reports in the data folder that rest on no model hidden from `user`.

    A report that does not say which calibrations it rests on is for superusers alone.
    """
    pages = _folder().glob("*/index.html")
    return sorted(page.parent.name for page in pages if _visible(page.parent, user))


def _visible(report: Path, user: AbstractBaseUser | AnonymousUser) -> bool:
    if getattr(user, "is_superuser", False):
        return True
    try:
        told = json.loads((report / "ecspace.json").read_text(encoding="utf-8"))
        wanted = {int(key) for key in told["calibrations"]}
    except (OSError, ValueError, TypeError, KeyError):
        return False
    visible = Calibration.objects.visible_to(user).filter(pk__in=wanted)
    return visible.count() == len(wanted)


@require_safe
@csp(_SHUT_OFF)  # type: ignore[arg-type]  # it types views as taking a request alone
def report(request: HttpRequest, name: str) -> FileResponse:
    """One report, whole."""
    if name not in written_reports(request.user):
        raise Http404(f"no report is named {name}")
    page = _folder() / name / "index.html"
    return FileResponse(page.open("rb"), content_type="text/html; charset=utf-8")


def _folder() -> Path:
    folder: Path = settings.DATA_DIR / "reports"
    return folder
