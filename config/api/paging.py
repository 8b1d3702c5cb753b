"""Pages of rows, continued by a cursor, and tables as CSV that is sent in parts.

A page starts after the last row of the one before (`after`), not at a number of rows, so that its
cost does not grow and new rows neither repeat nor hide others.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Annotated, Any, TypeVar

from django.db import models
from django.http import StreamingHttpResponse
from ninja import Field, Schema

from common.tables import rows_to_csv

PART = 2000
"""Rows that are read, and sent, at once."""
AFTER = 0

Limited = Annotated[int, Field(500, ge=1, le=PART, description="Rows on the page.")]
After = Annotated[
    int, Field(AFTER, ge=0, lt=2**63, description="`next` of the page before; 0 for the first.")
]
Row = TypeVar("Row", bound=models.Model)


class Page(Schema):
    """A part of a table."""

    next: int | None = Field(description="`after` of the next page; null on the last.")


def page_of(
    rows: models.QuerySet[Any, Any], after: int, limit: int
) -> tuple[list[Any], int | None]:
    """The next rows by primary key, and the cursor of the page that follows."""
    found = list(rows.filter(pk__gt=after).order_by("pk")[: limit + 1])
    shown = found[:limit]
    return shown, key_of(shown[-1]) if len(found) > limit else None


def parts_of(rows: models.QuerySet[Any, Any]) -> Iterator[list[Any]]:
    """All rows by primary key, PART at a time. No query stays open meanwhile."""
    after: int | None = AFTER
    while after is not None:
        part, after = page_of(rows, after, PART)
        if part:
            yield part


def key_of(row: Any) -> int:
    """The primary key of a row, or of a dictionary of values."""
    return int(row["pk"] if isinstance(row, dict) else row.pk)


def csv_response(text: Iterable[str], name: str) -> StreamingHttpResponse:
    """A file that is sent while it is written."""
    response = StreamingHttpResponse(text, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "no-store"
    return response


def csv_lines(names: Sequence[str], parts: Iterable[Iterable[Sequence[object]]]) -> Iterator[str]:
    """CSV of parts of a table, with its header."""
    yield rows_to_csv([names])
    for part in parts:
        yield rows_to_csv(part)
