"""Downloads for researchers: votes and their codebook."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from common.tables import rows_to_csv, to_csv
from studies.exchange.columns import codebook_markdown
from studies.exchange.export import columns_of, questionnaire_rows, to_parquet, votes_frame
from studies.views.access import visible_study


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
def questionnaire(request: HttpRequest, pk: int) -> HttpResponse:
    """The answers to the questions after the last trial, with comments, as CSV."""
    rows = questionnaire_rows(visible_study(request, pk), comments=True)
    return _file(rows_to_csv(rows).encode(), "QUESTIONNAIRE.csv", "text/csv; charset=utf-8")


def _file(data: bytes, name: str, content_type: str) -> HttpResponse:
    response = HttpResponse(data, content_type=content_type)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
