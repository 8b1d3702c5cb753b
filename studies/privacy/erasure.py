"""Erasing what came from a person, and remembering that it was erased.

The log of erasures holds public ids only, which name nobody. It lies beside the database, so that a
database restored from an older copy can be brought up to date.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from studies.models import Participant
from studies.models.tokens import hashed


def log_path() -> Path:
    """Where erasures are written down."""
    return Path(settings.DATA_DIR) / "erasures.jsonl"


def erase(participant: Participant) -> int:
    """Erase a participant's answers and ids; a row without identity remains.

    Sessions that the same person began anew go with it. Gives how many there were.
    """
    sessions = participant.of_one_person()
    now = timezone.now().isoformat()
    # The log first: an erasure that is written down twice is harmless, a forgotten one is not.
    _write([{"participant": session.public_id.hex, "at": now} for session in sessions])
    for session in sessions:
        session.withdraw()
    return len(sessions)


def remember(public_ids: Iterable[str]) -> None:
    """Write down those erasures that the log does not name yet."""
    known = {entry["participant"] for entry in _entries(_text())}
    now = timezone.now().isoformat()
    _write([{"participant": key, "at": now} for key in public_ids if key not in known])


def merge_log(text: str) -> None:
    """Take in the erasures of another log, such as one that lay in a backup."""
    remember(entry["participant"] for entry in _entries(text))


def erase_person(external_id: str) -> int:
    """Erase a person's sessions in all studies by their id on a recruitment service."""
    sessions = list(Participant.objects.filter(external_id=hashed(external_id)))
    return sum(erase(participant) for participant in sessions)


def erase_again() -> int:
    """Erase whatever the log names and the database still holds, as after a restore."""
    erased = {entry["participant"] for entry in _entries(_text())}
    back = Participant.objects.filter(public_id__in=erased)
    sessions = list(back.exclude(state=Participant.State.WITHDRAWN))
    for participant in sessions:
        participant.withdraw()
    return len(sessions)


def _text() -> str:
    return log_path().read_text(encoding="utf-8") if log_path().exists() else ""


def _entries(text: str) -> list[dict[str, str]]:
    return [json.loads(line) for line in text.splitlines() if line.strip()]


def _write(entries: Iterable[dict[str, str]]) -> None:
    with log_path().open("a", encoding="utf-8") as log:
        log.writelines(json.dumps(entry) + "\n" for entry in entries)
        log.flush()
        os.fsync(log.fileno())
