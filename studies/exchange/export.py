"""Votes as tables with the columns of studies/exchange/columns.py."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from django.db.models import QuerySet

from common.tables import to_csv
from studies.exchange.columns import (
    COMMENT,
    QUESTIONNAIRE,
    SCHEMA,
    VOTES,
    Column,
    as_imported,
)
from studies.models import Choice, Cohort, Study, Vote

if TYPE_CHECKING:
    import pandas as pd

_FIELDS = {
    "participant": "trial__participant__public_id",
    "study": "trial__participant__study__name",
    "trial": "trial__public_id",
    "choice": "choice",
    "kind": "trial__kind",
    "cohort": "trial__participant__cohort",
    "excluded": "trial__participant__excluded",
    "late": "excluded",
    "response_ms": "response_ms",
    "hidden_ms": "hidden_ms",
    "earlier": "earlier",
    "position": "trial__position",
    "target": "trial__participant__study__kind",
    "reference": "trial__reference__name",
    "expected": "trial__expected",
    "received_at": "received_at",
    "snapshot": "trial__snapshot",
    "content": "trial__left__content__name",
    "other_content": "trial__right__content__name",
    "left_method": "trial__left__method",
    "left_parameters": "trial__left__parameters",
    "right_method": "trial__right__method",
    "right_parameters": "trial__right__parameters",
    "rules_version": "trial__participant__rules_version",
}
_DTYPES = {
    "string": "str",
    "boolean": "bool",
    "integer": "Int64",
    "timestamp": "datetime64[us, UTC]",
}
_WEIGHTS = ("style_weight", "alpha", "weight")


def votes_frame(studies: Iterable[Study]) -> pd.DataFrame:
    """One row per vote with the columns of VOTES.csv, oldest first.

    Further columns of imported votes follow. Participants, trials and stimuli are named by their
    public ids of 32 hexadecimal digits, imported ones by their original names. `excluded` is empty
    if the vote counts.
    """
    rows = list(records(vote_values(studies).iterator()))
    return _frame(rows, list(dict.fromkeys(name for row in rows for name in _further(row))))


def vote_values(studies: Iterable[Study]) -> QuerySet[Any, Any]:
    """What `records` needs of each vote, and its `pk`, oldest first."""
    votes = Vote.objects.filter(trial__participant__study__in=list(studies)).order_by("pk")
    values: QuerySet[Any, Any] = votes.values("pk", *_FIELDS.values())
    return values


def records(votes: Iterable[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """The rows of VOTES.csv of some `vote_values`."""
    for vote in votes:
        yield _row({name: vote[field] for name, field in _FIELDS.items()})


def further_columns(study: Study) -> list[str]:
    """The columns of imported votes besides those of VOTES.csv, without holding all votes."""
    snapshots = Vote.objects.filter(trial__participant__study=study).order_by("pk")
    imported = snapshots.exclude(trial__snapshot__imported=None).values_list(
        "trial__snapshot__imported", flat=True
    )
    return list(dict.fromkeys(name for row in imported.iterator() for name in _further(row)))


def table_text(rows: Iterable[Mapping[str, Any]], further: Sequence[str]) -> str:
    """CSV of some rows, with the header; `further` are the further columns of the whole table."""
    return to_csv(_frame(list(rows), further))


def _further(row: Mapping[str, Any]) -> list[str]:
    known = {column.name for column in VOTES}
    return [name for name in row if name not in known]


def _frame(rows: Sequence[Mapping[str, Any]], further: Sequence[str]) -> pd.DataFrame:
    import pandas as pd

    names = [column.name for column in VOTES]
    frame = pd.DataFrame(rows, columns=[*names, *further])
    # An empty cell is an empty text, and not NaN, which pandas uses for missing values.
    frame[[*further]] = frame[[*further]].fillna("")
    return frame.astype({column.name: _DTYPES[column.type] for column in columns_of(frame)})


def columns_of(frame: pd.DataFrame) -> list[Column]:
    """The definitions of a table's columns, in their order."""
    known = {column.name: column for column in VOTES}
    return [known.get(name) or as_imported(name) for name in frame.columns]


def _row(vote: Mapping[str, Any]) -> dict[str, Any]:
    snapshot = vote["snapshot"]
    participant = vote["participant"].hex
    excluded = "pilot" if vote["cohort"] == Cohort.PILOT else vote["excluded"] or vote["late"]
    row = {
        "participant": participant,
        "study": vote["study"],
        "trial": vote["trial"].hex,
        "stimulus_left": snapshot["left"]["stimulus"],
        "stimulus_right": snapshot["right"]["stimulus"],
        "choice": vote["choice"],
        "kind": vote["kind"],
        "simulated": vote["cohort"] == Cohort.SIMULATED,
        "excluded": excluded,
        "response_ms": vote["response_ms"],
        "position": vote["position"],
        "target": vote["target"],
        "reference": vote["reference"] or "",
        "expected": vote["expected"],
        "received_at": vote["received_at"],
        "rule": f"{snapshot['rule']['name']} {snapshot['rule']['version']}",
        "question_version": snapshot["question"]["version"],
        "rules_version": vote["rules_version"],
        "left_sha256": snapshot["left"]["sha256"],
        "right_sha256": snapshot["right"]["sha256"],
        "observer": participant,
        "session_id": "1",
        "scene": _scene(vote),
        "condition_A": _condition(vote["left_method"], vote["left_parameters"]),
        "condition_B": _condition(vote["right_method"], vote["right_parameters"]),
        "is_A_selected": {Choice.LEFT: 1, Choice.RIGHT: 0}.get(vote["choice"]),
        "schema": SCHEMA,
        "hidden_ms": vote["hidden_ms"],
        "earlier_choices": " ".join(one["choice"] for one in vote["earlier"]),
    }
    imported: dict[str, Any] = snapshot.get("imported", {})
    return row | imported


def _scene(vote: Mapping[str, Any]) -> str:
    """The reference, and the content where both stimuli of an E-test share it too."""
    shared = vote["content"] if vote["content"] == vote["other_content"] else ""
    parts = [vote["reference"] or "", shared if vote["target"] == Study.Kind.EFFECTIVENESS else ""]
    return " × ".join(part for part in parts if part)


def _condition(method: str | None, parameters: Mapping[str, Any] | None) -> str:
    """A method with its weight, if it has one, since stimuli may differ in the weight only."""
    weight = next(((n, v) for n in _WEIGHTS if (v := (parameters or {}).get(n)) is not None), None)
    return f"{method} {weight[0]}={weight[1]}" if weight else str(method or "")


def questionnaire_rows(study: Study, *, comments: bool = False) -> list[list[object]]:
    """The table of QUESTIONNAIRE.csv, its first row the names of the columns.

    Args:
        study: whose participants were asked.
        comments: with the comments, which are never published.

    """
    columns = [*QUESTIONNAIRE, COMMENT] if comments else list(QUESTIONNAIRE)
    people = study.participants.exclude(questionnaire={}).order_by("public_id")
    names: list[object] = [column.name for column in columns]
    rows: list[list[object]] = [
        [one.public_id.hex, *(one.questionnaire.get(str(name), "") for name in names[1:])]
        for one in people
    ]
    return [names, *rows]


def to_parquet(frame: pd.DataFrame) -> bytes:
    """The votes as Parquet. Schema version and codebook are in the file's metadata."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.Table.from_pandas(frame, preserve_index=False)
    codebook = {column.name: column.meaning for column in columns_of(frame)}
    metadata = {"ecspace.schema": str(SCHEMA), "ecspace.codebook": json.dumps(codebook)}
    buffer = io.BytesIO()
    pq.write_table(
        table.replace_schema_metadata({**(table.schema.metadata or {}), **metadata}), buffer
    )
    return buffer.getvalue()
