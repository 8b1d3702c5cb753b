"""Lists of a recruitment service with a decision about every person: pay, or do not pay.

The installation stores ids of people as keyed hashes only. So the service's own list comes in, each
id is hashed and looked up, and the list goes out with the decisions; nothing of it is stored.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from common.errors import InputError
from common.tables import parse_table, rows_to_csv
from studies.models.tokens import hashed
from studies.monitoring.sessions import (
    APPROVE,
    REJECT,
    WAIT,
    annotated,
    decision_on,
    session_rows,
)

if TYPE_CHECKING:
    from studies.models import Participant, Study

MOST_BYTES = 8 * 1024 * 1024
_IDS = ("participant id", "participant_id", "prolific_pid", "workerid", "worker id")
"""Names of the column of ids, in lower case: Prolific's export, and Mechanical Turk's results."""
_COLUMNS = (
    "participant", "started", "minutes", "answered", "asked", "gold", "attention_checks",
    "window", "state", "excluded", "code", "decision", "reason",
)  # fmt: skip


def sessions_csv(study: Study, cohort: str) -> str:
    """One row per session: how it went, its code, and the decision about its payment."""
    rows = [
        (
            row.participant, row.started.isoformat(timespec="seconds") if row.started else "",
            "" if row.minutes is None else f"{row.minutes:.1f}", row.answered, row.asked, row.gold,
            row.attention, row.window, row.state, row.excluded, row.code, row.decision, row.reason,
        )
        for row in session_rows(annotated(study, cohort))
    ]  # fmt: skip
    return rows_to_csv([_COLUMNS, *rows])


def decided(study: Study, data: bytes, source: str) -> tuple[str, int]:
    """The list of a service with decisions.

    A table with a column `WorkerId` gets Mechanical Turk's columns `Approve` (x) and `Reject` (the
    reason); any other gets `Decision` (approve, reject, wait) and `Reason`.

    Returns:
        The table as CSV, and the number of its people who have a session in the study.

    Raises:
        InputError: the table cannot be read, is too large, or has no column of ids.

    """
    if len(data) > MOST_BYTES:
        raise InputError(f"{source} is larger than {MOST_BYTES // 2**20} MB: split it")
    table = parse_table(data, source, "people")
    column = next((name for name in table.names if name.strip().lower() in _IDS), None)
    if column is None:
        raise InputError(
            f"{source} has no column of ids: export the submissions on Prolific (Participant id), "
            "or the results of the batch on Mechanical Turk (WorkerId)"
        )
    mturk = column.strip().lower().replace(" ", "") == "workerid"
    added = ("Approve", "Reject") if mturk else ("Decision", "Reason")
    names = [name for name in table.names if name not in added]
    records = table.records()
    known = _sessions(study, [record[column] for record in records])
    rows, found = [], 0
    for record in records:
        session = known.get(hashed(record[column])) if record[column].strip() else None
        found += session is not None
        cells = _cells(session, mturk=mturk)
        rows.append((*(record[name] for name in names), *cells))
    return rows_to_csv([(*names, *added), *rows]), found


def _sessions(study: Study, ids: list[str]) -> dict[str, Participant]:
    digests = {hashed(one) for one in ids if one.strip()}
    people = study.participants.exclude(external_id="")
    return {one.external_id: one for one in people if one.external_id in digests}


def _cells(session: Participant | None, *, mturk: bool) -> tuple[str, str]:
    decision, reason = decision_on(session) if session else (WAIT, "no session in this study")
    if not mturk:
        return decision, reason
    return "x" if decision == APPROVE else "", reason if decision == REJECT else ""
