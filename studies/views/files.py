"""Downloads for researchers: votes, codebook, and the study as an archive."""

from __future__ import annotations

import tempfile
from typing import IO

from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from common.errors import InputError
from common.tables import to_csv
from studies.exchange.bundle import write_bundle
from studies.exchange.columns import codebook_markdown
from studies.exchange.export import columns_of, to_parquet, votes_frame
from studies.views.access import visible_study

_SPOOL = 16 * 1024 * 1024


@never_cache
@require_safe
def votes(request: HttpRequest, pk: int) -> HttpResponse:
    """The study's votes as CSV."""
    frame = votes_frame([visible_study(request, pk)])
    return _file(to_csv(frame).encode(), "VOTES.csv", "text/csv; charset=utf-8")


@never_cache
@require_safe
def votes_parquet(request: HttpRequest, pk: int) -> HttpResponse:
    """The study's votes as Parquet."""
    frame = votes_frame([visible_study(request, pk)])
    return _file(to_parquet(frame), "VOTES.parquet", "application/vnd.apache.parquet")


@never_cache
@require_safe
def codebook(request: HttpRequest, pk: int) -> HttpResponse:
    """The codebook of the study's votes."""
    columns = columns_of(votes_frame([visible_study(request, pk)]))
    text = codebook_markdown([("VOTES.csv, VOTES.parquet", columns)])
    return _file(text.encode(), "CODEBOOK.md", "text/markdown; charset=utf-8")


@never_cache
@require_safe
def bundle(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The archive for publication, under the licence in the address."""
    study = visible_study(request, pk)
    archive: IO[bytes] = tempfile.SpooledTemporaryFile(_SPOOL)  # noqa: SIM115 - the response closes it
    try:
        write_bundle(study, archive, request.GET.get("licence", ""))  # type: ignore[arg-type]
    except InputError as error:
        archive.close()
        return HttpResponse(str(error), status=400, content_type="text/plain; charset=utf-8")
    archive.seek(0)
    return FileResponse(archive, as_attachment=True, filename=f"study-{study.pk}.zip")


def _file(data: bytes, name: str, content_type: str) -> HttpResponse:
    response = HttpResponse(data, content_type=content_type)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
