"""The reports that `manage.py report` has written, shown on the site."""

from __future__ import annotations

from pathlib import Path

from csp.constants import NONE, UNSAFE_INLINE
from csp.decorators import csp
from django.conf import settings
from django.http import FileResponse, Http404, HttpRequest
from django.views.decorators.http import require_safe

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


def written_reports() -> list[str]:
    """The names of the reports in the data folder."""
    return sorted(page.parent.name for page in _folder().glob("*/index.html"))


@require_safe
@csp(_SHUT_OFF)  # type: ignore[arg-type]  # it types views as taking a request alone
def report(request: HttpRequest, name: str) -> FileResponse:
    """One report, whole."""
    if name not in written_reports():
        raise Http404(f"no report is named {name}")
    page = _folder() / name / "index.html"
    return FileResponse(page.open("rb"), content_type="text/html; charset=utf-8")


def _folder() -> Path:
    folder: Path = settings.DATA_DIR / "reports"
    return folder
