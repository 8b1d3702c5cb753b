"""Erasure of a person's data, with a log that survives restores of older backups.

The log contains public ids only, which identify no person. It is stored beside the database, so
that the erasures can be repeated after the restore of an older copy.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from studies.models import Participant
from studies.models.tokens import hashed
from studies.sessions.finishing import release_assignments


def log_path() -> Path:
    """The file of the erasure log."""
    return Path(settings.DATA_DIR) / "erasures.jsonl"


def erase(participant: Participant) -> int:
    """Erase the answers and ids of a person in all of their sessions of a study.

    Returns:
        The number of erased sessions. A row without personal data remains of each.

    """
    sessions = sessions_of_person(participant)
    now = timezone.now().isoformat()
    # The log is written first: an erasure may be logged twice, but must not be lost.
    _write([{"participant": session.public_id.hex, "at": now} for session in sessions])
    for session in sessions:
        withdraw(session)
    transaction.on_commit(_empty_write_ahead_log)
    return len(sessions)


def _empty_write_ahead_log() -> None:
    """Move SQLite's log into the database, where erased rows are overwritten, and empty it."""
    if connection.vendor == "sqlite" and not connection.in_atomic_block:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def sessions_of_person(participant: Participant) -> list[Participant]:
    """All sessions of a person in a study: this one, those it replaced and that replaced it."""
    last = participant
    while last.replaced_by is not None:
        last = last.replaced_by
    found = [last]
    for session in found:  # grows while it is read
        found += session.earlier.all()
    return found


@transaction.atomic
def withdraw(session: Participant) -> None:
    """Delete the trials and the personal data of a session. The row remains as withdrawn."""
    release_assignments(session)
    session.trials.all().delete()
    session.state, session.external_id, session.source = Participant.State.WITHDRAWN, "", ""
    session.external_session = session.external_study = ""
    session.screen, session.trial_kinds, session.excluded = {}, [], "withdrawn"
    session.questionnaire = {}
    session.ahead_assignment = session.ahead_trial = None
    session.consented_at = session.finished_at = None
    session.code = ""
    # The time of arrival may identify the person: that of the study replaces it.
    session.started_at = session.last_seen = session.study.created_at
    session.save()


def remember(public_ids: Iterable[str]) -> None:
    """Add erasures to the log that it does not contain yet."""
    known = {entry["participant"] for entry in entries_of(_text())}
    now = timezone.now().isoformat()
    _write([{"participant": key, "at": now} for key in public_ids if key not in known])


def merge_log(text: str) -> None:
    """Add the erasures of another log, such as that of a backup."""
    remember(entry["participant"] for entry in entries_of(text))


def erase_person(external_id: str) -> int:
    """Erase a person's sessions in all studies, by their id on a recruitment service.

    Returns:
        The number of erased sessions.

    """
    sessions = list(Participant.objects.filter(external_id=hashed(external_id)))
    return sum(erase(participant) for participant in sessions)


def erase_again(others: Iterable[str] = ()) -> int:
    """Repeat the erasures of the log, and of `others`, in the present database.

    Returns:
        Their number.

    """
    erased = {entry["participant"] for entry in entries_of(_text())} | set(others)
    back = Participant.objects.filter(public_id__in=erased)
    sessions = list(back.exclude(state=Participant.State.WITHDRAWN))
    for session in sessions:
        withdraw(session)
    return len(sessions)


def _text() -> str:
    return log_path().read_text(encoding="utf-8") if log_path().exists() else ""


def entries_of(text: str) -> list[dict[str, str]]:
    """The entries of a log."""
    return [json.loads(line) for line in text.splitlines() if line.strip()]


def _write(entries: Iterable[dict[str, str]]) -> None:
    with log_path().open("a", encoding="utf-8") as log:
        log.writelines(json.dumps(entry) + "\n" for entry in entries)
        log.flush()
        os.fsync(log.fileno())
