"""Studies and their votes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.http import HttpRequest, StreamingHttpResponse
from django.shortcuts import get_object_or_404
from ninja import Field, Router, Schema
from pydantic import ConfigDict, create_model

from config.api.authentication import count_table, reader
from config.api.paging import After, Limited, Page, csv_lines, csv_response, page_of, parts_of
from studies.exchange.columns import VOTES, Column
from studies.exchange.export import further_columns, records, table_text, vote_values
from studies.models import Study

if TYPE_CHECKING:
    from django.contrib.auth.models import User

router = Router(tags=["studies"])
_TYPES: dict[str, Any] = {
    "string": str,
    "boolean": bool,
    "integer": int | None,
    "timestamp": datetime | None,
}


class StudyOut(Schema):
    """A study."""

    id: int
    name: str
    kind: str = Field(description="E: which carries the style better; C: which keeps the content.")
    state: str = Field(description="draft, open or closed")
    question: str = Field(description="The question of every trial; of a closed import, none.")
    design: str = Field(description="The rule that chooses pairs.")
    trials_per_participant: int
    participant_target: int
    votes_per_pair: int
    people_votes: int
    simulated_votes: int
    created_at: datetime
    opened_at: datetime | None
    closed_at: datetime | None


class StudiesOut(Page):
    """A page of studies."""

    items: list[StudyOut]


def _field(column: Column) -> tuple[Any, Any]:
    empty = f" (empty: {column.missing})" if column.missing else ""
    return _TYPES[column.type], Field(alias=column.name, description=column.meaning + empty)


# The names of pydantic's own attributes, such as `schema`, are free only as aliases.
_FIELDS: dict[str, Any] = {f"{column.name}_": _field(column) for column in VOTES}
VoteOut: Any = create_model(
    "VoteOut", __config__=ConfigDict(extra="allow", populate_by_name=True), **_FIELDS
)
VoteOut.__doc__ = "A vote in the columns of VOTES.csv; further columns of imported votes follow."


class VotesOut(Page):
    """A page of votes."""

    items: list[VoteOut]


def readable_study(request: HttpRequest, study: int) -> Study:
    """The study, if the owner of the token may see it; otherwise 404."""
    return get_object_or_404(Study.objects.visible_to(reader(request)), pk=study)


@router.get("/studies", response=StudiesOut, summary="Studies that you may see")
def studies(request: HttpRequest, after: After = 0, limit: Limited = 500) -> dict[str, Any]:
    """Oldest first."""
    shown, following = page_of(_studies(reader(request)), after, limit)
    return {"items": [_study(row) for row in shown], "next": following}


@router.get("/studies.csv", summary="The same as CSV")
def studies_csv(request: HttpRequest) -> StreamingHttpResponse:
    """All columns of a study."""
    count_table(request)
    names = list(StudyOut.model_fields)
    parts = (
        [[_study(row)[name] for name in names] for row in part]
        for part in parts_of(_studies(reader(request)))
    )
    return csv_response(csv_lines(names, parts), "STUDIES.csv")


@router.get("/studies/{int:study}", response=StudyOut, summary="One study")
def one_study(request: HttpRequest, study: int) -> dict[str, Any]:
    """Its settings and the numbers of its votes."""
    found = readable_study(request, study)
    return _study(Study.objects.with_votes().get(pk=found.pk))


@router.get(
    "/studies/{int:study}/votes",
    response=VotesOut,
    by_alias=True,
    summary="Votes of a study",
)
def votes(
    request: HttpRequest, study: int, after: After = 0, limit: Limited = 500
) -> dict[str, Any]:
    """Oldest first, in the columns of VOTES.csv."""
    shown, following = page_of(vote_values([readable_study(request, study)]), after, limit)
    return {"items": [_nones(row) for row in records(shown)], "next": following}


@router.get("/studies/{int:study}/votes.csv", summary="All votes of a study as VOTES.csv")
def votes_csv(request: HttpRequest, study: int) -> StreamingHttpResponse:
    """The same bytes as the download on the study's page, sent in parts."""
    found = readable_study(request, study)
    count_table(request)
    return csv_response(_votes_text(found), "VOTES.csv")


def _votes_text(study: Study) -> Iterator[str]:
    further = further_columns(study)
    yield table_text([], further)
    for part in parts_of(vote_values([study])):
        yield table_text(records(part), further).partition("\n")[2]


def _nones(row: dict[str, Any]) -> dict[str, Any]:
    """A row in which imported numbers and times that are missing are null."""
    integers = {c.name for c in VOTES if c.type in ("integer", "timestamp")}
    return {
        name: None if name in integers and value == "" else value for name, value in row.items()
    }


def _studies(user: User) -> Any:
    return Study.objects.visible_to(user).with_votes()


def _study(row: Study) -> dict[str, Any]:
    fields = StudyOut.model_fields
    return {
        name: getattr(row, name) if name != "question" else row.question.text for name in fields
    }
