"""Show reports that `manage.py report` has written."""

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

# A report can be opened from disk, so it holds its scripts and styles as data. On the site it is
# isolated: it may run them, but cannot load or send anything, and has its own origin.
_ISOLATED = {
    "sandbox": ["allow-scripts"],
    "default-src": [NONE],
    "script-src": [UNSAFE_INLINE, "data:"],
    "style-src": [UNSAFE_INLINE, "data:"],
    "img-src": ["data:"],
    "frame-ancestors": [NONE],
}


def written_reports(user: AbstractBaseUser | AnonymousUser) -> list[str]:
    """The names of the reports in the data folder whose models `user` may see.

    Reports that do not list their calibrations are shown to superusers only.
    """
    pages = _folder().glob("*/index.html")
    return sorted(page.parent.name for page in pages if _visible(page.parent, user))


def _visible(report: Path, user: AbstractBaseUser | AnonymousUser) -> bool:
    if getattr(user, "is_superuser", False):
        return True
    try:
        summary = json.loads((report / "ecspace.json").read_text(encoding="utf-8"))
        wanted = {int(key) for key in summary["calibrations"]}
    except (OSError, ValueError, TypeError, KeyError):
        return False
    visible = Calibration.objects.visible_to(user).filter(pk__in=wanted)
    return visible.count() == len(wanted)


@require_safe
@csp(_ISOLATED)  # type: ignore[arg-type]  # it types views as taking a request alone
def report(request: HttpRequest, name: str) -> FileResponse:
    """The page of one report."""
    if name not in written_reports(request.user):
        raise Http404(f"no report is named {name}")
    page = _folder() / name / "index.html"
    return FileResponse(page.open("rb"), content_type="text/html; charset=utf-8")


def _folder() -> Path:
    folder: Path = settings.DATA_DIR / "reports"
    return folder
