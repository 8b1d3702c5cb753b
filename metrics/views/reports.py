"""Show reports that `manage.py report` has written."""

from __future__ import annotations

from csp.constants import NONE, UNSAFE_INLINE
from csp.decorators import csp
from django.http import FileResponse, Http404, HttpRequest
from django.views.decorators.http import require_safe

from metrics.presentation.written_reports import reports_folder, written_reports

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


@require_safe
@csp(_ISOLATED)  # type: ignore[arg-type]  # it types views as taking a request alone
def report(request: HttpRequest, name: str) -> FileResponse:
    """The page of one report."""
    if name not in written_reports(request.user):
        raise Http404(f"no report is named {name}")
    page = reports_folder() / name / "index.html"
    return FileResponse(page.open("rb"), content_type="text/html; charset=utf-8")
